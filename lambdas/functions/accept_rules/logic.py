"""Decides whether an upload of rules becomes the current one, and builds the table's items."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from lambdas.planning.items import Item, item_of, text_of
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.decision import RulesUploadRequest
from mdlc_constructs.settings.payloads.planning import Section
from mdlc_constructs.settings.rules import Rules
from mdlc_constructs.settings.rules_document import MAX_DOCUMENT_BYTES, RulesRefusedError, parse, read
from mdlc_constructs.settings.strict_json import StrictJsonError, decoded, shown_text

if TYPE_CHECKING:
    from lambdas.planning.items import NewItem

CURRENT = "RULES"

Order = Literal["newer", "older", "same"]

MAX_PROBLEMS, MAX_CHARACTERS = 20, 1000
"""Most problems, and characters of each, in the event of a refusal: EventBridge's limit is 256 KB."""

_SEQUENCER = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One version of the rules' S3 object, as its event names it.

    Attributes:
        sequencer: S3's `sequencer`, which orders the events of one key; hexadecimal.
        written_at: when the version was written, ISO 8601 in UTC.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str
    written_at: str

    @classmethod
    def of(cls, event: Section) -> "Upload":
        """The upload of an S3 event; `version_id` is empty for a bucket without versioning."""
        detail = event["detail"]
        return cls(
            bucket=detail["bucket"]["name"],
            key=detail["object"]["key"],
            version_id=detail["object"].get("version-id", ""),
            sequencer=detail["object"].get("sequencer", ""),
            written_at=event["time"],
        )


class ObjectBody(Protocol):
    """The body of a GetObject response."""

    def read(self, amt: int | None = ..., /) -> bytes:
        """At most `amt` further bytes."""


def rules_in(content: bytes, decisions: Sequence[str], columns: Mapping[str, str] | None) -> Rules:
    """The rules in an uploaded file.

    Args:
        decisions: the decisions that rules may make.
        columns: the types of the columns that rules may name; None skips that check.

    Raises:
        RulesRefusedError: naming the problems.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        # Checked first, because `read_upload` may have cut the content inside a character.
        raise RulesRefusedError([f"The file has more than {MAX_DOCUMENT_BYTES} bytes: shorten its lists."])
    try:
        text = decoded(content)
    except StrictJsonError as error:
        raise RulesRefusedError([str(error)]) from error
    return parse(read(text), decisions=decisions, columns=columns)


def read_upload(body: ObjectBody) -> bytes:
    """The content of an upload, up to one byte more than rules may have."""
    return body.read(MAX_DOCUMENT_BYTES + 1)


def rules_item(rules: Rules, upload: Upload, content: bytes, accepted_at: str) -> "NewItem":
    """The current rules as an item."""
    return item_of(
        {
            "pk": CURRENT,
            "document": content.decode("utf-8-sig"),
            "version": rules.version,
            "digest": rules.digest,
            "rules_version": rules.recorded,
            "source": f"s3://{upload.bucket}/{upload.key}",
            "s3_version": upload.version_id,
            "sequencer": comparable_sequencer(upload.sequencer),
            "written_at": upload.written_at,
            "at": accepted_at,
        }
    )


def kept_item(item: "NewItem") -> "NewItem":
    """A permanent copy of the rules' item, whose key has their digest: decision records refer to it."""
    return {**item, "pk": {"S": f"{CURRENT}#{text_of(item, 'digest')}"}}


def key() -> "NewItem":
    """The key of the current rules."""
    return item_of({"pk": CURRENT})


def order(upload: Upload, current: Item | None) -> Order:
    """Whether an upload is newer than the current rules: events may come twice, late and in any order.

    Uploads are ordered by S3's sequencer, or by the time of writing when there is no sequencer.
    """
    if current is None:
        return "newer"
    if upload.version_id == text_of(current, "s3_version") and upload.version_id:
        return "same"
    mine, theirs = comparable_sequencer(upload.sequencer), text_of(current, "sequencer")
    if mine and theirs:
        return "same" if mine == theirs else "newer" if mine > theirs else "older"
    return "newer" if upload.written_at > text_of(current, "written_at") else "older"


def about(upload: Upload, request: RulesUploadRequest) -> dict[str, JsonValue]:
    """The keys about an upload that both events have in common."""
    return {
        "model": request.model,
        "api": request.api,
        "source": f"s3://{upload.bucket}/{upload.key}",
        "s3_version": upload.version_id,
    }


def refusal_detail(
    upload: Upload, request: RulesUploadRequest, refused: RulesRefusedError
) -> dict[str, JsonValue]:
    """The detail of a refusal's event, with the first `MAX_PROBLEMS` problems."""
    return {
        **about(upload, request),
        "message": shown_text(str(refused), MAX_CHARACTERS),
        "problems": [shown_text(problem, MAX_CHARACTERS) for problem in refused.problems[:MAX_PROBLEMS]],
    }


def comparable_sequencer(sequencer: str) -> str:
    """A sequencer padded with zeros on the right, so that texts of different length compare correctly.

    Source: https://repost.aws/knowledge-center/s3-duplicate-sqs-messages
    """
    return sequencer.upper().ljust(64, "0") if _SEQUENCER.fullmatch(sequencer) else ""
