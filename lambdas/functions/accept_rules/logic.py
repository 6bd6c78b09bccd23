"""Whether an uploaded set of rules becomes the current one, and what the table keeps of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mdlc_constructs.settings.rules import Rules
from mdlc_constructs.settings.rules_document import MAX_DOCUMENT_BYTES, RulesRefusedError, parse, read
from mdlc_constructs.settings.strict_json import StrictJsonError, decoded, shown_text

CURRENT = "RULES"

Order = Literal["newer", "older", "same"]

MOST_PROBLEMS, MOST_CHARACTERS = 20, 1000
"""What an event of EventBridge, 256 KB, holds of a refusal: problems, and characters of each."""

_SEQUENCER = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One version of the rules' object, as its event names it.

    Attributes:
        sequencer: S3's own order of events of one key, hexadecimal.
        written_at: when the version was written, ISO 8601 in UTC.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str
    written_at: str


def rules_in(content: bytes, decisions: Sequence[str], columns: Mapping[str, str] | None) -> Rules:
    """The rules in an uploaded file.

    Args:
        decisions: those that may be made.
        columns: the types of the columns that a row may hold; None does not check names of columns.

    Raises:
        RulesRefusedError: naming what is wrong.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        # It may be cut, so that its last character is none.
        raise RulesRefusedError([f"The file has more than {MAX_DOCUMENT_BYTES} bytes: shorten its lists."])
    try:
        text = decoded(content)
    except StrictJsonError as error:
        raise RulesRefusedError([str(error)]) from error
    return parse(read(text), decisions=decisions, columns=columns)


def read_upload(body: Any) -> bytes:
    """What is looked at of an upload: no more than rules may have, and a byte."""
    content: bytes = body.read(MAX_DOCUMENT_BYTES + 1)
    return content


def item_of(rules: Rules, upload: Upload, content: bytes, accepted_at: str) -> dict[str, Any]:
    """The current rules as an item in DynamoDB's notation."""
    return {
        "pk": {"S": CURRENT},
        "document": {"S": content.decode("utf-8-sig")},
        "version": {"S": rules.version},
        "digest": {"S": rules.digest},
        "rules_version": {"S": rules.recorded},
        "source": {"S": f"s3://{upload.bucket}/{upload.key}"},
        "s3_version": {"S": upload.version_id},
        "sequencer": {"S": comparable_sequencer(upload.sequencer)},
        "written_at": {"S": upload.written_at},
        "at": {"S": accepted_at},
    }


def kept_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item that stays when others follow: a decision's record leads to it by the content's digest."""
    return {**item, "pk": {"S": f"{CURRENT}#{item['digest']['S']}"}}


def key() -> dict[str, Any]:
    """The key of the current rules, in DynamoDB's notation."""
    return {"pk": {"S": CURRENT}}


def order(upload: Upload, current: Mapping[str, Any] | None) -> Order:
    """How an upload stands to the current rules: events come twice, late and in any order.

    S3's sequencer orders them; where there is none, the time at which they were written.
    """
    if current is None:
        return "newer"
    if upload.version_id == current["s3_version"]["S"] and upload.version_id:
        return "same"
    mine, theirs = comparable_sequencer(upload.sequencer), current["sequencer"]["S"]
    if mine and theirs:
        return "same" if mine == theirs else "newer" if mine > theirs else "older"
    return "newer" if upload.written_at > current["written_at"]["S"] else "older"


def refusal_detail(upload: Upload, event: Mapping[str, Any], refused: RulesRefusedError) -> dict[str, Any]:
    """What the event of a refusal says: the first problems, which a person mends one after the other."""
    return {
        "model": event["model"],
        "api": event["api"],
        "source": f"s3://{upload.bucket}/{upload.key}",
        "s3_version": upload.version_id,
        "message": shown_text(str(refused), MOST_CHARACTERS),
        "problems": [shown_text(one, MOST_CHARACTERS) for one in refused.problems[:MOST_PROBLEMS]],
    }


def comparable_sequencer(sequencer: str) -> str:
    """A sequencer that compares as text; S3's differ in length and are then filled with zeros from the right.

    Source: https://repost.aws/knowledge-center/s3-duplicate-sqs-messages
    """
    return sequencer.upper().ljust(64, "0") if _SEQUENCER.fullmatch(sequencer) else ""
