"""The rules of decision APIs: where to upload them, which columns they may name, and which are in use.

A decision API's stack has an EventBridge rule that passes uploads to the function that accepts them. Its
event pattern has the bucket and the key; its target's input template has the columns that rules may name and
the table of the rules in use.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError

EVENT = "<aws.events.event.json>"
"""EventBridge's placeholder for the event in an input template, which makes the template invalid JSON."""
CURRENT = {"pk": {"S": "RULES"}}
ACCEPTED_SECONDS = 60.0
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Api:
    """What is known of a decision API for its rules.

    Attributes:
        table: the DynamoDB table of its rules.
        bucket: the bucket to upload rules to.
        key: the object key to upload rules to.
        columns: the types of the columns that rules may name; None when they are only known at deployment.
        model: the model whose scores it decides by.
    """

    name: str
    model: str
    table: str
    bucket: str
    key: str
    decisions: Sequence[str]
    columns: Mapping[str, str] | None

    @property
    def uri(self) -> str:
        """The S3 URI to upload rules to."""
        return f"s3://{self.bucket}/{self.key}"


def apis(target: Target, stack: str | None = None) -> list[Api]:
    """The decision APIs of all stacks, or of one stack."""
    client = target.client("events")
    found_apis = []
    for each in stacks.deployed(target, stack):
        for rule in stacks.upload_rules(target, each.name):
            detail = json.loads(client.describe_rule(Name=rule)["EventPattern"])["detail"]
            (offered,) = client.list_targets_by_rule(Rule=rule)["Targets"]
            known = json.loads(offered["InputTransformer"]["InputTemplate"].replace(EVENT, "null"))
            found_apis.append(
                Api(
                    name=known["api"],
                    model=known["model"],
                    table=known["table"],
                    bucket=detail["bucket"]["name"][0],
                    key=detail["object"]["key"][0],
                    decisions=known["decisions"],
                    columns=known["columns"],
                )
            )
    return sorted(found_apis, key=lambda api: api.name)


def choose(known: Sequence[Api], name: str | None) -> Api:
    """The API of that name, or the only one.

    Raises:
        CommandError: no API or several match.
    """
    fitting = [api for api in known if name in (None, api.name)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(api.name for api in known)
    if not known:
        raise CommandError("no decision API is deployed: deploy one with `mdlc deploy`")
    if fitting:
        raise CommandError(f"there are several decision APIs: choose one of {names} with --api")
    raise CommandError(f"no decision API is called {name!r}: choose one of {names}")


def problems(file: Path, decisions: Sequence[str], columns: Mapping[str, str] | None) -> list[str]:
    """The errors in a file of rules, one sentence each."""
    # Imported here so that other commands start without the library.
    from mdlc_constructs.settings import rules_document

    return rules_document.check(file, decisions=decisions, columns=columns)


def check(file: Path, decisions: Sequence[str], columns: Mapping[str, str] | None) -> None:
    """Raise an error when a file's rules cannot be used.

    Raises:
        CommandError: with the first error, and the others as its detail.
    """
    sentences = problems(file, decisions, columns)
    if sentences:
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        raise CommandError(
            f"{file.name} cannot be used{more}: {sentences[0]}", detail="\n".join(sentences[1:])
        )


def upload(target: Target, api: Api, file: Path) -> None:
    """Upload a file of rules to the API's S3 URI."""
    client = target.client("s3")
    client.put_object(Bucket=api.bucket, Key=api.key, Body=file.read_bytes(), ContentType="application/json")


def in_use(target: Target, api: Api) -> dict[str, str] | None:
    """The rules in use (`document`, `rules_version`, `source`, `at`), or None when there are none yet."""
    answer = target.client("dynamodb").get_item(TableName=api.table, Key=CURRENT, ConsistentRead=True)
    item: dict[str, dict[str, str]] | None = answer.get("Item")
    return None if item is None else {name: value["S"] for name, value in item.items() if "S" in value}


def document_in_use(target: Target, api: Api) -> Mapping[str, Any] | None:
    """The document of the rules in use, or None when there is none yet."""
    current = in_use(target, api)
    return None if current is None else json.loads(current["document"].removeprefix("\ufeff"))


def accepted(target: Target, api: Api, file: Path) -> dict[str, str]:
    """The rules in use, after waiting until they are those of the file.

    Raises:
        CommandError: the file's rules are not in use after `ACCEPTED_SECONDS`.
    """
    text = file.read_text(encoding="utf-8-sig")
    deadline = time.monotonic() + ACCEPTED_SECONDS
    while True:
        current = in_use(target, api)
        if current is not None and current["document"] == text:
            return current
        if time.monotonic() >= deadline:
            standing = current["rules_version"] if current else "none"
            raise CommandError(
                f"{api.name} has not taken the rules up within {ACCEPTED_SECONDS:g} s, in use are "
                f"{standing}: look for its event `Rules Refused`, and at the log of its function that "
                "accepts rules"
            )
        time.sleep(PAUSE_SECONDS)
