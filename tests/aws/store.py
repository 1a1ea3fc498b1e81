"""Tests of what is stored, against DynamoDB, SQS, S3 and Secrets Manager that are not ours: the same test program that runs on the
embedded services, with `SECOND_STORE` (tests/src/second.rs). What runs there and what does not, and why, is here."""
import os, re, subprocess

# Modules of tests/whole that run there, each with the modules of functions/lambdas/src/storage that it is there for.
MODULES = {
    "audit": "audit", "campaign_lists": "campaign_lists", "channel_races": "channels heard numbers wabas",
    "contacts": "audiences contacts exports last_contacts lists refusals", "dead_letters": "dead_letters", "deletes": "lapses",
    "edits": "campaigns table", "erasure": "mentions people", "file_consents": "consents", "handlers_twice": "files queues",
    "identity": "access members sessions", "ledger": "consents settings", "money": "rate_cards", "notices": "notices pauses",
    "progress": "messages progress", "recounts": "totals upkeep", "reports": "campaign_exports", "retention": "settings",
    "suppressions": "person_keys suppressions user_ids windows", "tokens": "tokens",
    "templates": "template_deeds", "v3_fields": "assets attestation business_hours fetches known", "walls": "access",
    "webhooks_out": "deliveries hooks",
}
# Modules of storage that none of these is there for.
NOT_THERE = {
    "auto_answers": "Written when a sender has answered a person; it sends in slots (SLOTS).",
    "kept": "What is kept of webhooks is told of in November 2025, and the emulator deletes what has expired since.",
    "portfolios": "Counted by the senders of a number whose people are limited (SLOTS).",
    "undelivered": "Noted of messages that left (SLOTS).",
}

SLOTS = """A sender gives up a slot that it misses by 20 ms and sends that message with a later job. The emulator is slower than that
where four tests ask it at once, and these tests look for everybody's message after the first job. Senders run there in the walk."""
WHOLE = "Runs the whole process, or everything under a paused clock, over the embedded services: it would prove nothing there."
INNER = "Stands between the app and the embedded table."
WAITS = "Waits in real time for an import beside it, which may take longer there than anybody waits."
LONG = "Asks about thousands of items: most of a minute there."

# The tests of MODULES that do not run there, by their reason.
LEFT_OUT = {
    SLOTS: """
        audit::what_happens_by_itself_leaves_a_line_too
        campaign_lists::people_are_found_by_the_code_that_they_failed_with
        dead_letters::a_later_attempt_whose_job_keeps_failing_is_not_made
        dead_letters::a_poison_job_takes_nobody_with_it_and_the_campaign_ends
        dead_letters::dead_jobs_go_back_to_the_senders_in_the_present_epoch_and_only_once
        dead_letters::who_was_only_lost_is_never_left_out
        deletes::a_copy_is_a_draft_for_the_same_people_whatever_became_of_the_first
        deletes::what_waited_in_a_deleted_campaign_is_settled_and_late_receipts_change_their_own
        erasure::all_that_is_kept_of_a_person_is_told
        erasure::an_erased_person_is_in_no_table_and_gets_nothing_and_the_counts_stay
        erasure::an_erasure_may_be_asked_for_twice
        erasure::another_workspace_learns_and_erases_nothing
        erasure::who_comes_back_is_written_to_again_only_when_somebody_says_so
        handlers_twice::a_webhook_of_another_number_changes_nothing
        handlers_twice::sender
        handlers_twice::tally_function
        handlers_twice::webhook_function
        ledger::consent_is_asked_again_at_the_claim
        ledger::who_said_no_gets_nothing_whatever_is_set_or_attested
        money::late_totals_make_a_capped_campaign_slower_and_never_dearer
        notices::what_pauses_or_ends_is_told_whoever_did_it
        recounts::totals_agree_with_a_recount_once_the_stream_is_read
        reports::a_deleted_campaign_stays_in_the_sums_if_it_had_sent
        reports::a_file_holds_everybody_as_the_pages_do_but_those_who_were_erased
        reports::who_answers_that_he_wants_no_more_is_counted_with_the_campaign
        retention::a_campaign_whose_people_are_not_known_any_more_fails_and_says_so
        retention::contacts_go_after_their_last_campaign_and_their_rejects_before
        retention::replies_go_before_messages_and_the_totals_stay
        suppressions::a_recorded_no_outlives_the_contact_and_stands_when_he_is_in_the_book_again
        suppressions::a_status_without_a_number_shows_by_its_message_whose_the_user_id_is
        suppressions::a_stop_by_a_user_id_that_nobody_knows_waits_until_somebody_shows_whose_it_is
        suppressions::an_opt_out_bites_although_the_job_was_cut_before_it
        suppressions::one_channel_sends_nothing_and_the_others_go_on
        suppressions::who_stops_marketing_in_whatsapp_still_gets_what_he_ordered
        tokens::a_token_that_a_number_brings_along_sends_and_is_nowhere_to_be_seen
        v3_fields::counts_are_filled_as_messages_go_out
        webhooks_out::a_campaign_is_told_from_its_start_to_its_end_and_each_message_with_it
        webhooks_out::replies_opt_outs_and_alerts_are_told_once_however_often_the_webhook_comes
        webhooks_out::what_is_not_wanted_is_not_told_and_without_webhooks_nothing_is_queued""",
    WHOLE: """
        contacts::lists::a_lists_campaign_reaches_exactly_the_people_of_the_list
        edits::a_pace_edited_while_messages_leave_bites_within_five_seconds
        edits::a_slower_pace_holds_from_the_edit_on
        edits::when_a_campaign_pauses_by_itself_can_be_changed_share_by_share
        money::a_cap_pauses_once_is_never_passed_and_lets_go_on_when_it_is_raised
        money::ten_messages_of_one_workspace_do_not_wait_for_the_million_of_another
        notices::a_running_campanile_says_that_a_campaign_is_complete
        recounts::the_command_tells_whether_they_differ_while_the_process_runs
        reports::a_report_says_what_the_other_side_saw
        walls::a_sign_in_link_works_once_and_its_cookie_needs_the_dashboards_header
        walls::a_token_that_asks_at_many_processes_has_one_share_of_them
        webhooks_out::a_running_campanile_tells_a_whole_campaign""",
    INNER: "audit::a_transaction_of_somebody_else_only_makes_a_transition_wait",
    WAITS: """
        v3_fields::elsewhere::a_contacts_file_elsewhere_is_fetched_and_read_as_an_upload_is
        v3_fields::elsewhere::a_file_on_our_own_network_is_not_fetched""",
    LONG: """
        money::everybody_is_priced_by_country_before_the_start_in_old_audiences_too
        reports::an_older_period_is_whole_however_many_campaigns_came_after_it""",
}
LONGEST_RUN_SECONDS = 400


def program(binaries):
    """The newest build of the whole-flow tests."""
    built = [path for path in (binaries / "deps").glob("whole-*") if path.suffix == ""]
    return max(built, key=lambda path: path.stat().st_mtime)


def left_out():
    return {name for names in LEFT_OUT.values() for name in names.split()}


def problems(root, tests):
    """What this file says that is not so: `tests` are all there are."""
    named = {storage for names in MODULES.values() for storage in names.split()}
    stored = {path.stem for path in (root / "functions/lambdas/src/storage").glob("*.rs")} - {"mod"}
    yield from (f"no test of storage::{name} runs there, and NOT_THERE has no reason" for name in sorted(stored - named - NOT_THERE.keys()))
    yield from (f"there is no storage::{name}" for name in sorted((named | NOT_THERE.keys()) - stored))
    yield from (f"LEFT_OUT names {name}, which is none of MODULES' tests" for name in sorted(left_out() - tests))
    yield from (f"no test of {module} runs there" for module in MODULES if not any(name.startswith(f"{module}::") for name in tests - left_out()))


def run(emulator, binaries, root):
    """What became of each test (one that never ended is `lost`), what store.py says wrongly, and everything that was said."""
    whole = program(binaries)
    listed = subprocess.run([whole, "--list", "--format", "terse"], cwd=root / "tests", capture_output=True, text=True, check=True).stdout
    tests = {name for name in re.findall(r"^(\S+): test$", listed, re.M) if name.split("::")[0] in MODULES}
    chosen = sorted(tests - left_out())
    environment = {**os.environ, "SECOND_STORE": emulator.url, "RUST_MIN_STACK": "8388608"}
    command = [whole, *chosen, "--exact", "--test-threads", "4"]
    try:
        said = subprocess.run(command, env=environment, cwd=root / "tests", capture_output=True, timeout=LONGEST_RUN_SECONDS).stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"") + f"\nstopped after {LONGEST_RUN_SECONDS} s".encode()
    said = said.decode(errors="replace")
    ended = dict(re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)", said, re.M))
    return {name: ended.get(name, "lost") for name in chosen}, list(problems(root, tests)), said
