//! Who is barred from what, of two words which counts, and how an item is read.

use campaigns::consent::Asked;
use wire::Language;

use super::*;

fn entry() -> Entry {
    Entry { reason: SuppressionReason::Word, code: None, added_by: None, since: 1 }
}

#[test]
fn a_channels_entry_bars_that_channel_only_and_erasure_bars_all() {
    let (here, there) = (ChannelId("here".into()), ChannelId("there".into()));
    let person = Person { channels: BTreeMap::from([(here.clone(), entry())]), ..Person::default() };
    assert_eq!(person.barred(Some(&here), Extent::All), Some(Barred::Suppressed));
    assert_eq!((person.barred(Some(&there), Extent::All), person.barred(None, Extent::Marketing)), (None, None));
    let everywhere = Person { workspace: Some(entry()), ..Person::default() };
    assert_eq!(everywhere.barred(Some(&there), Extent::All), Some(Barred::Suppressed));
    let erased = Person { erased_at: Some(1), ..person };
    assert_eq!(erased.barred(None, Extent::All), Some(Barred::Erased));
}

#[test]
fn who_stopped_marketing_gets_everything_else() {
    let code = |code| Entry { reason: SuppressionReason::Code, code: Some(code), added_by: None, since: 5 };
    let stopped = with_code(&Person::default(), "5511987654321", &code(131_050));
    assert_eq!(stopped.barred(None, Extent::Marketing), Some(Barred::Suppressed));
    assert_eq!(stopped.barred(None, Extent::All), None);
    let blocked = with_code(&stopped, "5511987654321", &code(130_403));
    assert_eq!(blocked.barred(None, Extent::All), Some(Barred::Suppressed));
    let resumed = Person { spoke_at: Some(9), ..Person::default() };
    assert_eq!(with_code(&resumed, "5511987654321", &code(131_050)), resumed, "he asked for messages since");
    assert!(with_code(&resumed, "5511987654321", &code(130_403)).is_listed(), "the business blocked him");
}

#[test]
fn what_the_workspace_says_takes_the_place_of_what_the_person_may_lift() {
    let manual = Entry { reason: SuppressionReason::Manual, code: None, added_by: Some("Ana".into()), since: 7 };
    let both = firmer(Some(&entry()), &manual);
    assert_eq!((both.reason, both.since), (SuppressionReason::Manual, 1));
    assert_eq!(firmer(Some(&both), &entry()), both);
    assert_eq!(firmer(Some(&both), &Entry { since: 9, ..manual }), both, "the first stands");
}

#[test]
fn of_two_names_of_a_person_the_later_word_counts_and_the_workspaces_always() {
    let manual = Entry { reason: SuppressionReason::Manual, code: None, added_by: None, since: 7 };
    assert_eq!(together(None, Some(&entry()), false), Some(entry()));
    assert_eq!(together(None, Some(&entry()), true), None, "he has asked for messages since");
    assert_eq!(together(None, Some(&manual), true), Some(manual.clone()));
    let (here, there) = (ChannelId("here".into()), ChannelId("there".into()));
    let (standing, heard) = (BTreeMap::from([(here, entry())]), BTreeMap::from([(there, manual)]));
    assert_eq!(together_by_channel(&standing, &heard, true).len(), 2);
}

#[test]
fn an_item_of_before_there_was_marketing_alone_is_about_all_messages() {
    let item = Item::from([
        ("sk".to_owned(), text("ab")),
        ("workspace".to_owned(), table::value(entry()).unwrap()),
        ("version".to_owned(), number(1)),
    ]);
    assert_eq!(named(item).unwrap().1.barred(None, Extent::All), Some(Barred::Suppressed));
}

#[test]
fn the_parts_of_the_list_follow_each_other() {
    let mut shards = vec!["0".to_owned()];
    while let Some(next) = next_shard(shards.last().unwrap()) {
        shards.push(next);
    }
    assert_eq!(shards.concat().as_bytes(), SHARDS);
}

#[test]
fn half_a_million_people_of_a_snapshot_take_nine_megabytes() {
    assert!(size_of::<(NameBytes, Barred)>() * 500_000 < 9_000_000);
}

#[test]
fn a_person_comes_back_from_the_item_as_he_was() {
    let notice = Notice {
        id: "wamid.1".into(),
        asked: Asked::Stop,
        extent: Extent::Marketing,
        language: Language::Spanish,
        channel_id: ChannelId("n".into()),
        to: "+5511987654321".into(),
        at: 2,
        claimed_at: None,
        state: NoticeState::Wanted,
    };
    let person = Person {
        phone: Some("5511987654321".into()),
        user_id: Some("BR.1".into()),
        workspace: Some(entry()),
        marketing: Some(entry()),
        channels: BTreeMap::from([(ChannelId("n".into()), entry())]),
        spoke_at: Some(2),
        spoke_in: Some("wamid.1".into()),
        notice: Some(notice),
        erased_at: None,
        version: 3,
    };
    let (pk, sk) = key(WorkspaceId(1), "ab");
    let item = table::to_item(&person, &pk, &sk).unwrap();
    assert_eq!(item["pk"], text("suppressed#1#a"));
    assert_eq!(named(item).unwrap(), ("ab".to_owned(), person));
}
