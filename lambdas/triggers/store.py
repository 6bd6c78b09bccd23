"""Triggers and the past of a model's retrainings, as the audit table holds them.

All lie under `pk` = `MODEL#<name>`:

- `TRIGGER#<at>#<event id>`: a trigger that no retraining has ended for yet
- `NOTED#<event id>`: that an event has been noted, for as long as it may come again
- `RETRAINING`: how the last retraining ended, and what there was to train on
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.leases.requests import moment
from lambdas.leases.writing import updated, written
from lambdas.triggers.coalescing import Fired, Past

REMEMBERED = timedelta(days=90)
"""How long an event is known: as long as Step Functions keeps the names of executions."""
MOST_DELETED = 99
"""Triggers that one transaction deletes beside the past; the rest follows."""

_TEXTS = (
    *("event_id", "trigger", "reason", "report"),
    *("labelled_until", "drifted_at", "version", "window", "holdout"),
)
_LONGEST_ID = 200

Item = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Noted:
    """A trigger with who works for it.

    Attributes:
        claimed_by: the request it belongs to once an execution works for it under the model's lease.
        owner: the execution that claimed it.
        worker: the execution that took it up last, which may still wait for its lease.
    """

    fired: Fired
    claimed_by: str = ""
    owner: str = ""
    worker: str = ""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What there was to train on when the last retraining was planned; rows are None when nobody counted."""

    files: int = 0
    size: int = 0
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """What is remembered of a model's retrainings."""

    past: Past = field(default_factory=Past)
    trained: Trained = field(default_factory=Trained)
    last_request: str = ""


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The triggers of one model."""

    dynamodb: Any
    table: str
    model: str

    def note(self, fired: Fired, now: datetime) -> bool:
        """Note a trigger once; False when its event was noted before."""
        forget = {"N": str(int((now + REMEMBERED).timestamp()))}
        seen = {**self._key(f"NOTED#{_short(fired.event_id)}"), "forget_at": forget}
        once = {
            "Put": {
                "TableName": self.table,
                "Item": seen,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        # False as well while another delivery of the same event is at it.
        return written(self.dynamodb, [once, {"Put": {"TableName": self.table, "Item": self._item(fired)}}])

    def noted(self) -> list[Noted]:
        """Every trigger that no retraining has ended for yet, the oldest first."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": self._key("")["pk"], ":sk": {"S": "TRIGGER#"}},
            PaginationConfig={"PageSize": 100},
        )
        return [_read(item) for page in pages for item in page["Items"]]

    def claim(self, noted: Iterable[Noted], request_id: str, owner: str) -> list[Noted]:
        """Let the triggers belong to a request. Who claims holds the model's lease, so nobody else does."""
        claimed = []
        for one in noted:
            there = updated(
                self.dynamodb,
                TableName=self.table,
                Key=self._key(_sort_key(one.fired)),
                UpdateExpression="SET claimed_by = :request, owner_arn = :owner, worker_arn = :owner",
                # One that was deleted meanwhile must not come back as half an item.
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":request": {"S": request_id}, ":owner": {"S": owner}},
            )
            if there:
                claimed.append(replace(one, claimed_by=request_id, owner=owner, worker=owner))
        return claimed

    def take_up(self, one: Noted, worker: str) -> bool:
        """Say which execution will work for a trigger; False when another one was faster, or it is gone."""
        seen = {":seen": {"S": one.worker}} if one.worker else {}
        return updated(
            self.dynamodb,
            TableName=self.table,
            Key=self._key(_sort_key(one.fired)),
            UpdateExpression="SET worker_arn = :worker",
            ConditionExpression="attribute_exists(pk) AND "
            + ("worker_arn = :seen" if one.worker else "attribute_not_exists(worker_arn)"),
            ExpressionAttributeValues={":worker": {"S": worker}, **seen},
        )

    def drop(self, noted: Iterable[Noted]) -> None:
        """Forget triggers that there is nothing to work for; their events stay known."""
        for one in noted:
            self.dynamodb.delete_item(TableName=self.table, Key=self._key(_sort_key(one.fired)))

    def history(self) -> History:
        """How the retrainings went."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key=self._key("RETRAINING"), ConsistentRead=True
        )
        item = answer.get("Item") or {}

        def text(name: str) -> str:
            return str(item.get(name, {"S": ""})["S"])

        ended = text("ended_at")
        return History(
            past=Past(
                ended_at=datetime.fromisoformat(ended) if ended else None, losses=int(text("losses") or 0)
            ),
            trained=Trained(
                files=int(text("trained_files") or 0),
                size=int(text("trained_bytes") or 0),
                rows=int(text("trained_rows")) if text("trained_rows") else None,
            ),
            last_request=text("last_request"),
        )

    def conclude(self, ended: Iterable[Noted], history: History) -> None:
        """The triggers have been worked for, and the past is another; both or neither."""
        keys = [self._key(_sort_key(one.fired)) for one in ended]
        past = {"Put": {"TableName": self.table, "Item": self._past(history)}}
        first, rest = keys[:MOST_DELETED], keys[MOST_DELETED:]
        # Those that are left over by an end in between are concluded by whoever goes on with the request.
        for start in range(0, len(rest), MOST_DELETED):
            self.dynamodb.transact_write_items(
                TransactItems=[self._deleted(key) for key in rest[start : start + MOST_DELETED]]
            )
        self.dynamodb.transact_write_items(TransactItems=[*(self._deleted(key) for key in first), past])

    def _past(self, history: History) -> Item:
        past, trained = history.past, history.trained
        texts = {
            "ended_at": moment(past.ended_at) if past.ended_at else "",
            "losses": str(past.losses),
            "last_request": history.last_request,
            "trained_files": str(trained.files),
            "trained_bytes": str(trained.size),
            "trained_rows": "" if trained.rows is None else str(trained.rows),
        }
        return {**self._key("RETRAINING"), **{name: {"S": value} for name, value in texts.items()}}

    def _deleted(self, key: Item) -> dict[str, Any]:
        return {"Delete": {"TableName": self.table, "Key": key}}

    def _item(self, fired: Fired) -> Item:
        texts = {name: {"S": str(getattr(fired, name))} for name in _TEXTS}
        return {
            **self._key(_sort_key(fired)),
            **texts,
            "at": {"S": moment(fired.at)},
            "priority": {"S": str(fired.priority)},
        }

    def _key(self, sort_key: str) -> Item:
        return {"pk": {"S": f"MODEL#{self.model}"}, "sk": {"S": sort_key}}


def _short(event_id: str) -> str:
    if len(event_id) <= _LONGEST_ID:
        return event_id
    return hashlib.sha256(event_id.encode()).hexdigest()


def _sort_key(fired: Fired) -> str:
    return f"TRIGGER#{moment(fired.at)}#{_short(fired.event_id)}"


def _read(item: Mapping[str, Mapping[str, str]]) -> Noted:
    texts = {name: item[name]["S"] for name in _TEXTS if name in item}
    known = {one.name for one in fields(Fired)}
    fired = Fired(
        at=datetime.fromisoformat(item["at"]["S"]),
        priority=int(item["priority"]["S"]),
        **{name: value for name, value in texts.items() if name in known},
    )
    return Noted(
        fired=fired,
        claimed_by=item.get("claimed_by", {"S": ""})["S"],
        owner=item.get("owner_arn", {"S": ""})["S"],
        worker=item.get("worker_arn", {"S": ""})["S"],
    )
