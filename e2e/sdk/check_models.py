"""Checks what the bot sends and reads against LINE's official Python SDK.

Reads JSON Lines, from the files named or else from standard input:

    {"model": "ReplyMessageRequest", "json": {...}}
        a request body: the SDK's model of that name must take it and give all of it back
    {"webhook": "message-text", "secret": "...", "signature": "...", "body": "..."}
        a webhook body: the SDK must accept the signature, know the event, and give all of it back

`cargo test -p line sdk` writes such a file and, when `LINEBOT_TEST_PYTHON` names a Python with the
SDK, runs this on it: `target/tmp/line-sdk-samples.jsonl`.
Prints one line for each fault and exits 1 if there is any.

    pip install -r requirements.txt
    python check_models.py < ../../target/tmp/line-sdk-samples.jsonl
"""

import enum
import fileinput
import json
import sys

from linebot.v3 import WebhookParser, messaging
from linebot.v3.webhook import UnknownEvent


def differences(ours, theirs, place=""):
    """What of ours the SDK lost or changed. It may add what is optional, such as defaults."""
    if isinstance(theirs, enum.Enum):
        theirs = theirs.value
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name in theirs:
                yield from differences(value, theirs[name], f"{place}.{name}")
            else:
                yield f"{place}.{name} is unknown to the SDK"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, its) in enumerate(zip(ours, theirs)):
            yield from differences(mine, its, f"{place}[{index}]")
    elif ours != theirs:
        yield f"{place} is {ours!r} here and {theirs!r} in the SDK"


def check_request(sample):
    model = getattr(messaging, sample["model"])
    return differences(sample["json"], model.from_dict(sample["json"]).to_dict())


def check_webhook(sample):
    events = WebhookParser(sample["secret"]).parse(sample["body"], sample["signature"])
    for ours, theirs in zip(json.loads(sample["body"])["events"], events, strict=True):
        if isinstance(theirs, UnknownEvent):
            yield f"the SDK knows no event {ours['type']}"
        else:
            yield from differences(ours, theirs.to_dict())


def main():
    checked = {"model": 0, "webhook": 0}
    faults = 0
    for line in fileinput.input(encoding="utf-8"):
        sample = json.loads(line)
        kind, check = ("model", check_request) if "model" in sample else ("webhook", check_webhook)
        checked[kind] += 1
        try:
            found = list(check(sample))
        except Exception as error:  # the SDK refuses with errors of several libraries
            found = [f"{type(error).__name__}: {error}"]
        for fault in found:
            print(f"{kind} {sample[kind]}: {fault}")
        faults += len(found)
    print(f"{checked['model']} requests and {checked['webhook']} webhooks, {faults} faults")
    return 1 if faults or not all(checked.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
