"""For schemathesis: every second question is about things that are there (`IDS`), the rest stay as they were drawn."""
import json, os, random
import schemathesis

IDS = json.load(open(os.environ["IDS"]))
draw = random.Random(1)


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


def fill(operation, body):
    """What a request needs to get as far as the rules behind it."""
    if operation == "createCampaign":
        body.update({name: value for name, value in IDS["campaign"].items() if draw.random() < 0.9})
        for name in ("businessHoursId", "originalScheduledTo", "leadsAssetUrl", "message", "textRaw", "assetsUrls", "variants"):
            if draw.random() < 0.8:
                body.pop(name, None)
    elif operation in ("createTemplate", "replaceTemplate"):
        body["channelId"] = IDS["channelId"][0]
