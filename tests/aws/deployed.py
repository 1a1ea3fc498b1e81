#!/usr/bin/env python3
"""Deploys infra/template.yaml and lets a campaign run there: `python3 tests/aws/deployed.py [venv folder]`. No Docker and no
account: ministack takes the template as CloudFormation does and runs the workspace's own binaries as functions, each with the
policies of its role. CloudFront is made there and forwards nothing, so the API is asked at its own address. Messages go to the
simulator. Beside it the tests of what is stored run against the same services. The last line counts what held; exit code 1 if
anything did not."""
import gzip, json, os, subprocess, sys, tempfile, time, urllib.error, urllib.request, venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PINNED = ["ministack==1.5.33", "aws-sam-translator==1.115.0", "cryptography==50.0.2"]
ROOT = Path(__file__).resolve().parents[2]
PROFILE = os.environ.get("PROFILE", "debug")
BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / PROFILE
BUILT = ROOT / "frontend/dist"
VENV = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/aws-venv").resolve()
DONE = VENV / "installed.json"  # written last: an installation that broke off is made again
if Path(sys.prefix).resolve() != VENV:  # run by any Python: go on with the pinned packages
    if not DONE.exists() or json.loads(DONE.read_text()) != PINNED:
        print(f"aws: installing {', '.join(PINNED)} into {VENV}", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PINNED], check=True)
        DONE.write_text(json.dumps(PINNED))
    os.execv(VENV / "bin/python", [str(VENV / "bin/python"), __file__, str(VENV)])
from emulator import Emulator, free_port
from provider import CLIENT, Provider
import store
from stack import Stack
from stream import Stream

PEOPLE, LATER, LONGEST_WAIT_SECONDS = 30, 5, 150
APP = {"id": "634974688087057", "secret": "5" * 32, "verify": "verify-token-of-the-test", "token": "access-token-of-the-test"}
OWNER = "owner@example.com"
WABA, NUMBER = "102290129340398", "106540352242922"
results = []


def holds(what, condition, seen=""):
    results.append(bool(condition))
    print(f"aws: {'holds' if condition else f'DOES NOT HOLD ({seen})'}: {what}", flush=True)


def until(ask, is_so, what):
    """Asks again and again; what it saw last, once it is so."""
    latest = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        seen = ask()
        if is_so(seen):
            return seen
        if time.monotonic() > latest:
            sys.exit(f"aws: {what} did not happen in {LONGEST_WAIT_SECONDS} s: {json.dumps(seen)[:2000]}")
        time.sleep(0.3)


def timed(what, ask):
    """What it answers; how long that took is printed, so that a release can be compared with another."""
    began = time.monotonic()
    answer = ask()
    print(f"aws: {time.monotonic() - began:.2f} s: {what}", flush=True)
    return answer


class Api:
    """The API behind its gateway, for one caller."""

    def __init__(self, emulator, stack):
        self.address, self.headers = f"{emulator.url}/_aws/execute-api/{stack.ids['HttpApi']}/$default", {"Content-Type": "application/json"}

    def answer(self, method, path, body=None):
        request = urllib.request.Request(self.address + path, method=method, headers=self.headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text or "null") if "json" in answer.headers.get("Content-Type", "json") else text
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def __call__(self, method, path, body=None):
        status, answer = self.answer(method, path, body)
        if status >= 300:
            sys.exit(f"aws: {method} {path} answers {status}: {answer}")
        return answer


class Simulator:
    """The other side: the workspace's simulator, which posts its webhooks to the function's own address."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def start(self, callback):
        self.folder = tempfile.TemporaryDirectory(prefix="campanile-simulator-")
        config, log = Path(self.folder.name) / "config.json", open(Path(self.folder.name) / "log", "wb")
        config.write_text(json.dumps({"accessToken": APP["token"], "appId": APP["id"], "appSecret": APP["secret"], "verifyToken": APP["verify"],
                                      "wabaId": WABA, "callbackUrl": callback, "readDelay": {"minMs": 300, "maxMs": 900}}))
        environment = {"PATH": os.environ["PATH"], "SIMULATOR_CONFIG": str(config), "SIMULATOR_LISTEN": self.url.removeprefix("http://")}
        self.child = subprocess.Popen([BINARIES / "simulator"], env=environment, stdout=log, stderr=log)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(20)
        self.folder.cleanup()

    def arrivals(self):
        with urllib.request.urlopen(f"{self.url}/simulator/arrivals", timeout=20) as answer:
            return json.loads(answer.read())["arrivals"]

    def says(self, words):
        request = urllib.request.Request(f"{self.url}/simulator/inbound", data=json.dumps(words).encode(), headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=20).close()


def local(emulator, function_url):
    """A function URL as the emulator serves it."""
    host, path = function_url.removeprefix("https://").split("/", 1)
    return f"{emulator.url}/_aws/lambda-url/{host.split('.')[0]}/{path}"


def imported(api, count, start):
    people = "name,phone\n" + "".join(f"Person {n},+55119876{start + n:05}\n" for n in range(count)) + "Nobody,12\n"
    upload = api("POST", "/v3/uploads", {"fileName": "people.csv", "sizeBytes": len(people), "intoContacts": True})
    urllib.request.urlopen(urllib.request.Request(upload["uploadUrl"], method="PUT", data=people.encode()), timeout=30)
    return ready(api, upload["audienceId"])


def ready(api, audience):
    return until(lambda: api("GET", f"/v3/audiences/{audience}"), lambda seen: seen["status"] not in ("awaitingFile", "importing"), "the import")


def started(api, name, channel, audience):
    content = {"name": "weekly_offer", "language": "en", "body": [{"column": "name", "fallback": "friend"}]}
    campaign = api("POST", "/v3/campaigns", {"name": name, "channelId": channel, "audienceId": audience, "template": content,
                                             "secondsBetweenChunks": 0, "minSecondsBetweenMessages": 0, "maxSecondsBetweenMessages": 0})
    return api("POST", f"/v3/campaigns/{campaign['id']}/start")["id"]


def seen_through(api, campaign):
    """The campaign once it is complete and every receipt was counted: everybody of these numbers reads."""
    return until(lambda: api("GET", f"/v3/campaigns/{campaign}"),
                 lambda seen: seen["status"] == "completed" and seen["totals"]["read"] == seen["totals"]["audience"], "the campaign's end")


def walk(emulator, stack, simulator, stream, provider):
    api = Api(emulator, stack)
    handshake = f"?hub.mode=subscribe&hub.verify_token={APP['verify']}&hub.challenge=77"
    with timed("the webhook's first answer, its function's start included",
               lambda: urllib.request.urlopen(local(emulator, stack.outputs["WebhookUrl"]) + handshake, timeout=60)) as answer:
        holds("the webhook's function answers Meta's handshake at its own address", answer.read() == b"77")
    refused, _ = timed("the API's first answer, its function's start included", lambda: api.answer("GET", "/v3/campaigns"))
    holds("nobody is let in without a token", refused == 401, refused)
    dashboard(api)
    sign_in(api, stack, provider)
    channel = api("POST", "/v3/channels", {"wabaId": WABA, "phoneNumberId": NUMBER, "accessToken": APP["token"]})
    holds("a number is added by the API, with a token of its own in Secrets Manager", channel["phoneNumberId"] == NUMBER, channel)
    audience = timed(f"a file of {PEOPLE}, until it is imported", lambda: imported(api, PEOPLE, 0))
    holds("a file that is put into the bucket is imported", (audience["status"], audience["recipients"]) == ("ready", PEOPLE), audience)
    nudged = started(api, "By a nudge", channel["id"], audience["id"])
    campaign = timed(f"a campaign of {PEOPLE}, until it is complete and everybody's read is counted", lambda: seen_through(api, nudged))
    holds("a campaign that is started completes, and every receipt is counted", campaign["totals"]["read"] == PEOPLE, campaign["totals"])
    arrivals = simulator.arrivals()
    holds("WhatsApp got one message for each person", sorted(a["to"] for a in arrivals) == [f"55119876{n:05}" for n in range(PEOPLE)],
          [a["to"] for a in arrivals])
    around(api, nudged, channel["id"], simulator)
    by_the_schedule(emulator, stack, api, channel["id"], simulator)
    holds("TALLY took every batch of the stream", stream.records > 0 and not stream.refused, stream.refused)
    nothing_went_wrong(emulator, stack)
    return api, nudged


def outlives(emulator, stack, api, campaign):
    """A deleted stack leaves what nobody can make again, and another is deployed around it."""
    kept = stack.delete_and_adopt()
    holds("the tables and the bucket outlive their stack and are adopted by the next", {name: stack.ids[name] for name in kept} == kept, stack.ids)
    again = Api(emulator, stack)
    again.headers = api.headers
    seen = again("GET", f"/v3/campaigns/{campaign}")
    holds("whose API knows the token, the campaign and its totals", seen["totals"]["read"] == PEOPLE, seen["totals"])
    pool, client = stack.ids["People"], stack.ids["PeopleClient"]
    client = emulator.client("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    back = client["CallbackURLs"] == [stack.outputs["DashboardUrl"] + "/v3/session/callback"]
    holds("without a provider there is a directory of people that leads back to the dashboard", back and "ClientSecret" not in client, client)


def around(api, campaign, channel, simulator):
    """What else the functions may do: answers of people, a recount, files of people, the contact book."""
    simulator.says({"from": "5511987600000", "text": "STOP"})
    people = until(lambda: api("GET", "/v3/suppressions")["items"], bool, "the opt-out")
    holds("a person who writes STOP is on the suppression list", people[0]["phone"] == "+5511987600000", people)
    recount = until(lambda: api("POST", f"/v3/campaigns/{campaign}/recount"), lambda seen: seen["agree"], "a recount that agrees")
    holds("a recount finds the totals right, the answer included", recount["totals"]["replied"] == 1, recount)
    export = api("POST", f"/v3/campaigns/{campaign}/exports", {"format": "csv"})
    path = f"/v3/campaigns/{campaign}/exports/{export['id']}"
    export = until(lambda: api("GET", path), lambda seen: seen["status"] != "writing", "the export")
    with urllib.request.urlopen(export["url"], timeout=30) as answer:
        rows = answer.read().decode().strip().splitlines()
    holds("the campaign's people are written into a file", len(rows) == PEOPLE + 1, rows[:3])
    book = until(lambda: api("GET", "/v3/contacts?limit=100")["items"], lambda seen: len(seen) >= PEOPLE, "the contact book")
    holds("its people are in the contact book", len(book) == PEOPLE, len(book))
    questions = [path.replace("{id}", campaign) for path, asked in api("GET", "/v3/openapi.json")["paths"].items()
                 if "get" in asked and path.count("{") == path.count("/v3/campaigns/{id}") and "session" not in path]
    answers = {path: api.answer("GET", f"{path}?channelId={channel}&index=0&from=2026-01-01&to=2026-01-02")[0] for path in questions}
    holds(f"none of {len(questions)} questions meets an internal error", all(status < 500 for status in answers.values()), answers)
    person = f"+55119876{PEOPLE - 1:05}"
    proof = api("POST", "/v3/people/erase", {"phone": person})
    gone = until(lambda: api("GET", f"/v3/people/erasures/{proof['id']}"), lambda seen: "rejectsRedactedAt" in seen, "the erasure's end")
    holds("a person is erased, from the rejects too", (proof["messages"], proof["contacts"]) == (1, 1), gone)
    copied = api("POST", f"/v3/campaigns/{campaign}/clone", {})
    holds("a draft that is not wanted is deleted", api.answer("DELETE", f"/v3/campaigns/{copied['id']}")[0] == 204, copied)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(60)
    asset = api("POST", "/v3/assets", {"fileName": "a.png", "sizeBytes": len(picture)})
    urllib.request.urlopen(urllib.request.Request(asset["uploadUrl"], method="PUT", data=picture), timeout=30)
    holds("a picture can be put into the bucket and is found", api.answer("GET", f"/v3/assets/{asset['assetId']}")[0] == 200, asset)
    book = api("POST", "/v3/contacts/export", {})
    book = until(lambda: api("GET", f"/v3/contacts/export/{book['id']}"), lambda seen: seen["status"] == "ready", "the book's export")
    holds("the contact book is written into a file", book["contacts"] == PEOPLE - 1, book)
    everybody = api("POST", "/v3/lists", {"name": "All"})
    made = api("POST", f"/v3/lists/{everybody['id']}/audience", {"optInConfirmed": True})
    audience = ready(api, made["audienceId"])
    holds("an audience is made of a list, without who opted out or was erased", audience["recipients"] == PEOPLE - 2, audience)


def by_the_schedule(emulator, stack, api, channel, simulator):
    """With the nudges' mapping off, only the schedule can find a campaign that was started."""
    functions, mapping = emulator.client("lambda"), stack.ids["NudgeMapping"]
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    scheduled = started(api, "By the schedule", channel, imported(api, LATER, 90_000)["id"])
    timed("until the schedule found a campaign", lambda: until(
        lambda: api("GET", f"/v3/campaigns/{scheduled}")["totals"], lambda totals: totals["untouched"] < LATER, "the schedule's tick"))
    functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    campaign = seen_through(api, scheduled)
    holds("a campaign without a nudge is found by the schedule", campaign["totals"]["read"] == LATER, campaign["totals"])


def nothing_went_wrong(emulator, stack):
    logged = emulator.logged()
    holds("each function is held to the policy of its role", emulator.is_strict())
    refused = [line for line in logged if "not authorized" in line or "AccessDenied" in line]
    holds("and was refused nothing", not refused, "; ".join(refused)[:2000])
    errors = [line for line in logged if '"level":"ERROR"' in line]
    holds("no function logged an error", len(logged) > 50 and not errors, f"{len(logged)} lines, {'; '.join(errors)[:2000]}")
    queues = emulator.client("sqs")
    dead = {name: queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
            for name, url in stack.ids.items() if name.endswith("DeadQueue")}
    holds("no queue of dead letters holds any", all(count["ApproximateNumberOfMessages"] == "0" for count in dead.values()), dead)


class Browser:
    """Keeps cookies, follows nothing."""

    def __init__(self, api):
        self.api, self.cookies = api, {}
        self.opener = urllib.request.build_opener(NoRedirects)

    def __call__(self, method, path, body=None):
        """The status, where it leads, and what it says."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "X-Requested-With": "campanile",
                   "Content-Type": "application/json", "Accept-Encoding": "gzip"}
        request = urllib.request.Request(self.api.address + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        with self.opener.open(request, timeout=60) as answer:
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition("=")
                self.cookies[name] = value.partition(";")[0]
            return answer.status, answer.headers, answer.read()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_303(self, _request, answer, _code, _message, _headers):
        return answer

    http_error_401 = http_error_404 = http_error_303


def sign_in(api, stack, provider):
    """As browsers do: to the provider, back with its code, into a session; then a token for this test."""
    arrived = {}
    for person in ("stranger@example.com", OWNER, "stranger@example.com"):
        browser, provider.person = Browser(api), person
        authorize = browser("GET", "/v3/session/begin")[1]["Location"]
        with browser.opener.open(authorize, timeout=20) as answer:
            back = answer.headers["Location"]
        arrived[person] = browser("GET", "/v3/session/callback?" + back.partition("?")[2])[1]["Location"]
        if person == OWNER:
            owner = browser
    holds("the provider leads back to the dashboard's own address", back.startswith(stack.outputs["DashboardUrl"] + "/v3/session/callback?"), back)
    holds("the owner whom the deployment names signs in, and nobody else", arrived == {"stranger@example.com": "/sign-in?refused=notInvited", OWNER: "/campaigns"}, arrived)
    status, _, body = owner("POST", "/v3/tokens", {"name": "The test", "role": "owner"})
    holds("the owner makes a token", status == 201, body)
    api.headers["Authorization"] = f"Bearer {json.loads(body)['token']}"


def dashboard(api):
    """Served by the api function, as its package has it."""
    status, headers, page = Browser(api)("GET", "/campaigns")
    holds("a path without a file is the dashboard's page", status == 200 and page.startswith(b"<!doctype html>") and headers["Cache-Control"] == "no-cache", headers)
    holds("which may put files into the bucket", "connect-src 'self' https://campanile-files-" in headers["Content-Security-Policy"], headers)
    name = next((BUILT / "assets").glob("dashboard-*.wasm"))
    status, headers, body = Browser(api)("GET", f"/assets/{name.name}")
    whole = (status, headers["Content-Type"], headers.get("Content-Encoding"), gzip.decompress(body)) == (200, "application/wasm", "gzip", name.read_bytes())
    holds("its program comes compressed and is kept for a year", whole and "max-age=31536000" in headers["Cache-Control"], headers)
    style = next((BUILT / "assets").glob("style-*.css"))
    status, text = api.answer("GET", f"/assets/{style.name}")
    holds("and whoever takes nothing compressed gets files as they were", (status, text) == (200, style.read_text()), status)


def main():
    simulator = Simulator(free_port())
    with Provider() as provider, Emulator(Path(sys.executable)) as emulator:
        stack = Stack(emulator, BINARIES, BUILT, {
            "WhatsAppAppId": APP["id"], "WhatsAppAppSecret": APP["secret"], "WhatsAppVerifyToken": APP["verify"],
            "WhatsAppAccessToken": APP["token"], "WhatsAppApiUrl": simulator.url, "OwnerEmail": OWNER, "OidcIssuer": provider.issuer,
            "OidcClientId": CLIENT})
        try:
            with Stream(emulator, stack) as stream, simulator.start(local(emulator, stack.outputs["WebhookUrl"])):
                api, campaign = walk(emulator, stack, simulator, stream, provider)
            outlives(emulator, stack, api, campaign)
        except (SystemExit, Exception):
            print("\n".join(line[:600] for line in [*emulator.said().splitlines(), *emulator.logged()] if "ERROR" in line))
            raise


def same_tests_elsewhere():
    """Tests of what is stored, against services that are not ours."""
    began = time.monotonic()
    with Emulator(Path(sys.executable), strict=False) as other:
        return *store.run(other, BINARIES, ROOT), time.monotonic() - began


def tell(outcomes, problems, said, seconds):
    bad = [name for name, outcome in outcomes.items() if outcome != "ok"]
    if not outcomes or bad:
        print(said[-20_000:])
    for name in bad:
        print(f"aws: DOES NOT HOLD there: {name}")
    print(f"aws: {len(outcomes)} tests of what is stored ran against DynamoDB, SQS and S3 of ministack in {seconds:.0f} s")
    print(f"aws: {len(store.left_out())} of these modules' tests do not run there; store.py has the reason of each")
    results.extend([name not in bad for name in outcomes] or [False])
    holds("each module of storage has a test that runs there, or a reason", not problems, "; ".join(problems))


# Beside each other: the walk mostly waits for the schedule's minute. Of a release only the functions are built.
with ThreadPoolExecutor() as beside:
    elsewhere = beside.submit(same_tests_elsewhere) if PROFILE == "debug" else None
    main()
    if elsewhere:
        tell(*elsewhere.result())
print(f"aws: {sum(results)} passed, {len(results) - sum(results)} failed")
sys.exit(not all(results))
