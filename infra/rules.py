"""Rules that the expanded template keeps, whatever stands in it: queues, policies, alarms. `problems` yields what does not hold."""
import copy, re

# Each action that a policy may allow, and how the code asks for it.
CALLS = {
    "dynamodb:GetItem": r"\.get_item\(\)", "dynamodb:BatchGetItem": r"\.batch_get_item\(\)", "dynamodb:Query": r"\.query\(\)",
    "dynamodb:PutItem": r"\.put_item\(\)|\bPut::builder", "dynamodb:UpdateItem": r"\.update_item\(\)|\bUpdate::builder",
    "dynamodb:DeleteItem": r"\.delete_item\(\)|\bDelete::builder", "dynamodb:BatchWriteItem": r"\.batch_write_item\(\)",
    "dynamodb:ConditionCheckItem": r"\bConditionCheck::builder",
    "s3:GetObject": r"\.(get|head)_object\(\)", "s3:PutObject": r"\.(put_object|create_multipart_upload)\(\)",
    "s3:DeleteObject": r"\.delete_objects?\(\)", "s3:ListBucket": r"\.(get|head)_object\(\)|\.list_objects_v2\(\)",  # else a 404 is a 403
    "sqs:SendMessage": r"\.send_message(_batch)?\(\)", "sqs:ReceiveMessage": r"\.receive_message\(\)", "sqs:DeleteMessage": r"\.delete_message\(\)",
    "ses:SendEmail": r"\.send_email\(\)",
    "secretsmanager:CreateSecret": r"\.create_secret\(\)", "secretsmanager:GetSecretValue": r"\.get_secret_value\(\)",
    "secretsmanager:DeleteSecret": r"\.delete_secret\(\)",
}
# What Lambda itself needs to read a queue or a stream for a function.
OF_MAPPINGS = {
    "sqs": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "stream": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
}
# What each function may do, no more and no less: a new call of one function is written here with its reason in the template.
ROLES = {
    "Api": "dynamodb BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem; s3 GetObject ListBucket "
        "PutObject; secretsmanager CreateSecret DeleteSecret GetSecretValue; sqs SendMessage",
    "Importer": "dynamodb BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem; s3 GetObject ListBucket PutObject; sqs "
        "DeleteMessage GetQueueAttributes ReceiveMessage SendMessage",
    "Dispatcher": "dynamodb ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem; s3 DeleteObject GetObject ListBucket; secretsmanager "
        "GetSecretValue; sqs DeleteMessage GetQueueAttributes ReceiveMessage SendMessage",
    "Exporter": "dynamodb BatchGetItem GetItem PutItem Query; s3 GetObject ListBucket PutObject; ses SendEmail; sqs DeleteMessage "
        "GetQueueAttributes ReceiveMessage SendMessage",
    "Sender": "dynamodb BatchGetItem GetItem PutItem Query UpdateItem; secretsmanager GetSecretValue; sqs DeleteMessage GetQueueAttributes "
        "ReceiveMessage SendMessage",
    "Webhook": "dynamodb BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem; sqs SendMessage",
    "Tally": "dynamodb DescribeStream GetItem GetRecords GetShardIterator ListStreams PutItem; sqs SendMessage",
}
# Policies of AWS that SAM gives to every role: to write into log groups, and to X-Ray, whose actions know no resources. They
# hold the only actions of everything. Of ours, mail names all identities, and its condition the one sender.
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}
CLIENT_CALL = r"\.(?:dynamodb|s3|sqs|secrets)\s*\.(\w+)\(\)"
FREE_CALLS = {"transact_write_items"}  # allowed by the actions of what is in it


def problems(resources, sources):
    """`resources`: those of the expanded template. `sources`: the functions' code without its tests."""
    def of(kind):
        return {name: resource for name, resource in resources.items() if resource["Type"] == kind}

    yield from of_queues(of("AWS::SQS::Queue"), of("AWS::Lambda::EventSourceMapping"), of("AWS::Lambda::Function"))
    yield from of_alarms(of("AWS::SQS::Queue"), of("AWS::CloudWatch::Alarm"), of("AWS::Logs::MetricFilter"), sources)
    yield from of_silence(of("AWS::CloudWatch::Alarm"), of("AWS::Lambda::EventSourceMapping"))
    yield from of_policies(of("AWS::IAM::Role"), of("AWS::Lambda::EventSourceMapping"), sources)


def named(value):
    """The resource that a reference names."""
    return value.get("Ref") or value["Fn::GetAtt"][0]


def of_queues(queues, mappings, functions):
    of_source = {named(mapping["Properties"]["EventSourceArn"]): mapping["Properties"] for mapping in mappings.values()}
    readers = {source: named(mapping["FunctionName"]) for source, mapping in of_source.items()}
    for name, queue in queues.items():
        settings = queue["Properties"]
        if name.endswith("DeadQueue"):
            continue
        dead = settings.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        if dead is None or not named(dead).endswith("DeadQueue"):
            yield f"{name}: what fails again and again goes nowhere"
        runs = functions[readers[name]]["Properties"]["Timeout"]
        if settings["VisibilityTimeout"] < runs:
            yield f"{name}: a message shows again while its function still runs"
        if settings["VisibilityTimeout"] < 6 * runs and not queue.get("Metadata", {}).get("shorter"):
            yield f"{name}: its visibility is less than six times its function's timeout, and `shorter` gives no reason"
        bounded = of_source[name]["BatchSize"] == 1 and "MaximumConcurrency" in of_source[name].get("ScalingConfig", {})
        if settings["VisibilityTimeout"] < 6 * runs and not bounded:
            yield f"{name}: its visibility is less than six times its function's timeout, and Lambda may take messages that no call is free for"
    for name, mapping in mappings.items():
        settings = mapping["Properties"]
        of_queue, answers = named(settings["EventSourceArn"]) in readers and "StreamArn" not in str(settings), settings.get("FunctionResponseTypes")
        if of_queue and settings["BatchSize"] > 1 and not answers:
            yield f"{name}: one message that fails takes its batch with it"


def of_alarms(queues, alarms, filters, sources):
    watched = str([alarm["Properties"].get("Dimensions") for alarm in alarms.values()])
    yield from (f"{name}: no alarm says that it holds something" for name in queues if name.endswith("DeadQueue") and f"'{name}'" not in watched)
    yield from (f"{name}: tells nobody" for name, alarm in alarms.items() if not alarm["Properties"].get("AlarmActions"))
    for name, filtered in filters.items():
        said = re.search(r'message = "(.+)"', filtered["Properties"]["FilterPattern"])[1]
        if f'"{said}"' not in sources:
            yield f"{name}: the code never logs {said!r}"


def of_silence(alarms, mappings):
    """Of alarms that wait for something not to happen."""
    called_by_queues = {named(mapping["Properties"]["FunctionName"]) for mapping in mappings.values()}
    for name, settings in ((name, alarm["Properties"]) for name, alarm in alarms.items()):
        if settings["ComparisonOperator"] != "LessThanThreshold":
            continue
        if settings["TreatMissingData"] != "breaching":
            yield f"{name}: it takes no data for no news"
        functions = {named(dimension["Value"]) for dimension in settings["Dimensions"] if dimension["Name"] == "FunctionName"}
        if settings["MetricName"] == "Invocations" and functions & called_by_queues:
            yield f"{name}: calls of a queue hide that the schedule is silent"


def of_policies(roles, mappings, sources):
    called = set(re.findall(CLIENT_CALL, sources))
    for call in sorted(call for call in called - FREE_CALLS if not any(re.search(pattern, f".{call}()") for pattern in CALLS.values())):
        yield f"the code calls {call}, which rules.py knows no action for"
    allowed = {}
    for name, role in roles.items():
        managed = {str(policy).rsplit("/", 1)[-1].rstrip("'}]") for policy in role["Properties"].get("ManagedPolicyArns", [])}
        if managed - MANAGED:
            yield f"{name} has policies that MANAGED does not name: {sorted(managed - MANAGED)}"
        mine = {action for policy in role["Properties"].get("Policies", []) for s in policy["PolicyDocument"]["Statement"]
                for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}
        kept = {f"{words.split()[0]}:{action}" for words in ROLES.get(name.removesuffix("FunctionRole"), "lambda InvokeFunction").split("; ")
                for action in words.split()[1:]}
        if mine != kept:
            yield f"{name} may do otherwise than ROLES says: {sorted(mine ^ kept)}"
        reads = [mapping for mapping in mappings.values() if f"{named(mapping['Properties']['FunctionName'])}Role" == name]
        free = set().union(*(OF_MAPPINGS["stream" if "StreamArn" in str(mapping) else "sqs"] for mapping in reads))
        for statement in (s for policy in role["Properties"].get("Policies", []) for s in policy["PolicyDocument"]["Statement"]):
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            for action in actions:
                if "Tick" in name and action == "lambda:InvokeFunction":  # the schedule's own role
                    continue
                allowed.setdefault(action, set()).add(name)
                if action not in free and not (action in CALLS and re.search(CALLS[action], sources)):
                    yield f"{name}: the code never does {action}"
                if action == "s3:GetObject" and "s3:ListBucket" not in mine:
                    yield f"{name}: S3 answers 403 and no 404 for a file that is not there"
                if "*" in action or any(is_wide(resource) for resource in listed(statement["Resource"])) and not from_one_sender(statement):
                    yield f"{name} allows too much: {statement}"
    yield from (f"no role allows {action}, which the code does" for action, pattern in CALLS.items()
                if action not in allowed and re.search(pattern, sources))


def listed(resource):
    return resource if isinstance(resource, list) else [resource]


def is_wide(resource):
    """Whether it names more than things of ours: everything, or everything of a service."""
    text = resource if isinstance(resource, str) else str(resource.get("Fn::Sub", ""))
    return text == "*" or text.endswith((":*", "identity/*", ":table/*")) or "*" in text[:-1]


def from_one_sender(statement):
    """Whether it lets mail go out, from one address only."""
    condition = statement.get("Condition", {}).get("StringEquals", {})
    identities = [str(resource.get("Fn::Sub", "")) for resource in listed(statement["Resource"]) if isinstance(resource, dict)]
    return statement["Action"] == "ses:SendEmail" and "ses:FromAddress" in condition and all(
        name.endswith(":identity/*") and "*" not in name[:-1] for name in identities or ["*"])


# Faults that must be found, each put into a copy of the template: rules that see nothing are worth nothing.
PLANTED = {
    "a queue without dead letters": lambda r: r["ExportQueue"]["Properties"].pop("RedrivePolicy"),
    "a message that shows again too early": lambda r: r["ErrandQueue"]["Properties"].update(VisibilityTimeout=60),
    "a short visibility without a reason": lambda r: r["ErrandQueue"]["Metadata"].pop("shorter"),
    "a short visibility where calls may be throttled": lambda r: r["HookMapping"]["Properties"].pop("ScalingConfig"),
    "a batch that fails as one": lambda r: r["NudgeMapping"]["Properties"].update(BatchSize=10),
    "dead letters that nobody watches": lambda r: r.pop("ExportDeadAlarm"),
    "an alarm that tells nobody": lambda r: r["OldJobAlarm"]["Properties"].pop("AlarmActions"),
    "a silence that nudges hide": lambda r: r["DispatcherSilentAlarm"]["Properties"].update(MetricName="Invocations"),
    "a silence without any data": lambda r: r["DispatcherSilentAlarm"]["Properties"].update(TreatMissingData="notBreaching"),
    "a filter for words that are never logged": lambda r: r["StalledFilter"]["Properties"].update(FilterPattern='{ $.fields.message = "nobody ever logs this" }'),
    "an action that the code never does": lambda r: statement(r).update(Action=["dynamodb:Scan"]),
    "an action with a star": lambda r: statement(r).update(Action=["dynamodb:*"]),
    "every stream of the account": lambda r: statement(r, "Tally", "dynamodb:ListStreams").update(Resource="*"),
    "files that are not there and look forbidden": lambda r: statement(r, "Exporter", "s3:ListBucket").update(Action="s3:PutObject"),
    "mail from any address": lambda r: statement(r, "Exporter", "ses:SendEmail").pop("Condition"),
    "everything as a resource": lambda r: statement(r).update(Resource="*"),
    "everything among other resources": lambda r: statement(r).update(Resource=[statement(r)["Resource"], "*"]),
    "an action that other functions need": lambda r: statement(r).update(Action=["s3:PutObject"]),
    "a policy of AWS that gives more": lambda r: r["SenderFunctionRole"]["Properties"]["ManagedPolicyArns"].append("arn:aws:iam::aws:policy/AmazonS3FullAccess"),
}


def statement(resources, function="Sender", action="dynamodb:GetItem"):
    """What lets a function do this."""
    statements = resources[f"{function}FunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return next(statement for statement in statements if action in statement["Action"])


def unnoticed(resources, sources):
    """Which of the planted faults no rule finds."""
    known = set(problems(resources, sources))
    for name, plant in PLANTED.items():
        faulty = copy.deepcopy(resources)
        plant(faulty)
        if not set(problems(faulty, sources)) - known:
            yield f"rules.py does not notice {name}"
