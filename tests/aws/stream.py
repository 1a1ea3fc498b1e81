"""The messages table's stream on its way to TALLY, as AWS's mapping with a tumbling window hands it over."""
import json, threading, time

BATCH = 1_000


class Stream:
    """Reads the stream's shards in order and calls the function with each batch until it takes it."""

    def __init__(self, emulator, stack):
        self.streams, self.functions = emulator.client("dynamodbstreams"), emulator.client("lambda")
        table = emulator.client("dynamodb").describe_table(TableName=stack.ids["MessagesTable"])["Table"]
        self.arn, self.function = table["LatestStreamArn"], stack.ids["TallyFunction"]
        self.iterators, self.stopped, self.records, self.refused = {}, threading.Event(), 0, []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join(60)

    def _run(self):
        while not self.stopped.is_set():
            if not self._pass():
                self.stopped.wait(0.3)

    def _pass(self):
        found = 0
        for shard in self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            name = shard["ShardId"]
            if name not in self.iterators:
                asked = self.streams.get_shard_iterator(StreamArn=self.arn, ShardId=name, ShardIteratorType="TRIM_HORIZON")
                self.iterators[name] = asked["ShardIterator"]
            if self.iterators[name] is None:
                continue
            answer = self.streams.get_records(ShardIterator=self.iterators[name], Limit=BATCH)
            if answer["Records"] and not self._counted(name, answer["Records"]):
                return found
            self.iterators[name] = answer.get("NextShardIterator")
            found += len(answer["Records"])
        self.records += found
        return found

    def _counted(self, shard, records):
        event = {"Records": [as_mapped(record) for record in records], "shardId": shard, "state": {}, "isFinalInvokeForWindow": False,
                 "isWindowTerminatedEarly": False, "eventSourceARN": self.arn,
                 "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:15:00Z"}}
        answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(event, default=str))
        if "FunctionError" in answer:
            self.refused.append(answer["Payload"].read().decode())
            time.sleep(1)
        return "FunctionError" not in answer


def as_mapped(record):
    """A record as a function gets it: its time is a number of seconds."""
    change = {**record["dynamodb"], "ApproximateCreationDateTime": record["dynamodb"]["ApproximateCreationDateTime"].timestamp()}
    return {**record, "dynamodb": change, "eventSourceARN": "arn:aws:dynamodb"}
