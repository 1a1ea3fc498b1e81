"""For schemathesis: every second question is about things that are there (`IDS`), the rest stay as they were drawn. What the
answers come to is written to `ANSWERED` at the end: `good`, the answers of 2xx by operation, and `told`, the answers that name
a cause of ours, which is for the log alone."""
import atexit, collections, json, os, random, re
import schemathesis

IDS = json.load(open(os.environ["IDS"]))
draw = random.Random(1)
# What only stands in an answer when the words of an error of ours, or of what we are made of, were passed on.
CAUSES = re.compile(rb"dynamodb|panicked|(?<![\w.])src/|\.rs:\d+|aws[-_]sdk|\bSdkError|DispatchFailure|ConditionalCheckFailed"
                    rb"|serde_(json|dynamo|path_to_error)|serde::|JsonDataError|JsonSyntaxError|(stack )?backtrace|"
                    rb"called `(Option|Result)::unwrap|/rustc/|\.cargo/", re.IGNORECASE)
MOST_TOLD = 20  # who has more to mend sees what kind of thing it is
good, told = collections.Counter(), []


def of_path(path):
    """What the ids of this path name."""
    parts = path.split("/")
    return IDS.get("export" if "export" in parts else parts[2] if len(parts) > 2 else "", [])


@schemathesis.hook
def map_case(context, case):
    if draw.random() < 0.5:
        return case
    there = of_path(case.path) if case.method != "DELETE" else IDS["deletable"].get(case.path.split("/")[2], [])
    for name in ("id", "phone"):
        if there and name in (case.path_parameters or {}):
            case.path_parameters[name] = draw.choice(there)
    if "channelId" in (case.query or {}):
        case.query["channelId"] = IDS["channelId"][0]
    if isinstance(case.body, dict):
        fill(case.operation.definition.raw.get("operationId"), case.body)
    return case


@schemathesis.hook
def after_call(context, case, response):
    name, body = case.operation.definition.raw.get("operationId"), response.content or b""
    if 200 <= response.status_code < 300 and case.method.upper() == case.operation.method.upper():
        good[name] += 1
    if (found := CAUSES.search(body)) and len(told) < MOST_TOLD:
        around = body[max(found.start() - 80, 0):found.end() + 80].decode(errors="replace")
        told.append(f"{name}, {response.status_code}: {around}")


@atexit.register
def write():
    with open(os.environ["ANSWERED"], "w") as file:
        json.dump({"good": good, "told": told}, file)


def fill(operation, body):
    """What a request needs to get as far as the rules behind it."""
    if operation == "createCampaign":
        body.update({name: value for name, value in IDS["campaign"].items() if draw.random() < 0.9})
        for name in ("businessHoursId", "originalScheduledTo", "leadsAssetUrl", "message", "textRaw", "assetsUrls", "variants"):
            if draw.random() < 0.8:
                body.pop(name, None)
    elif operation in ("createTemplate", "replaceTemplate"):
        body["channelId"] = IDS["channelId"][0]
    for holder in (body, body.get("filter")):
        if isinstance(holder, dict) and isinstance(holder.get("channel"), dict) and draw.random() < 0.5:
            holder["channel"]["id"] = IDS["channelId"][0]
