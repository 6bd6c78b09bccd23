"""The audit table's items for triggers and for the history of a model's retrainings.

All have the partition key `pk` = `MODEL#<name>`; by sort key `sk`:

- `TRIGGER#<at>#<event id>`: a pending trigger, until a retraining for it has ended
- `NOTED#<event id>`: marks an event as recorded, for as long as it may be delivered again
- `RETRAINING`: how the last retraining ended, and the amount of its training data
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.leases.requests import utc_text
from lambdas.leases.writing import try_transaction, try_update
from lambdas.planning.items import Item, audit_key, item_of, number_of, text_of
from lambdas.triggers.coalescing import Past, TriggerEvent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from lambdas.planning.items import NewItem

REMEMBERED = timedelta(days=90)
"""How long a recorded event is remembered: as long as Step Functions keeps the names of executions."""
MAX_DELETES = 99
"""Triggers per transaction, of at most 100 writes with the history's item."""

_TEXTS = (
    *("event_id", "trigger", "reason", "report"),
    *("labelled_until", "drifted_at", "version", "window", "holdout"),
)
_MAX_ID_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class PendingTrigger:
    """A trigger that no retraining has ended for yet, and the execution that handles it.

    Attributes:
        claimed_by: id of the request that claimed it under the model's lease; empty before.
        owner: ARN of the execution that claimed it; empty before.
        worker: ARN of the execution that took it up last and may still wait for its lease.
    """

    event: TriggerEvent
    claimed_by: str = ""
    owner: str = ""
    worker: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The amount of training data when the last retraining was planned; rows are None when unknown."""

    files: int = 0
    size: int = 0
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """The stored history of a model's retrainings.

    Attributes:
        past: the last retraining's end, and the losses since the last win.
        data: the training data of the last retraining that had any.
        last_request: the last retraining's request id.
    """

    past: Past = field(default_factory=Past)
    data: TrainingData = field(default_factory=TrainingData)
    last_request: str = ""


@dataclass(frozen=True, kw_only=True)
class TriggerStore:
    """The triggers of one model."""

    dynamodb: "DynamoDBClient"
    table: str
    model: str

    def record(self, event: TriggerEvent, now: datetime) -> bool:
        """Record a trigger once; returns False when its event was recorded before."""
        forget_at = str(int((now + REMEMBERED).timestamp()))
        seen: NewItem = {**self._key(f"NOTED#{_short(event.event_id)}"), "forget_at": {"N": forget_at}}
        once: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self.table,
                "Item": seen,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        # Also False while another function is recording the same event.
        return try_transaction(
            self.dynamodb, [once, {"Put": {"TableName": self.table, "Item": self._item(event)}}]
        )

    def pending(self) -> list[PendingTrigger]:
        """All triggers that no retraining has ended for yet, the oldest first."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": self._key("")["pk"], ":sk": {"S": "TRIGGER#"}},
            PaginationConfig={"PageSize": 100},
        )
        return [_read(item) for page in pages for item in page["Items"]]

    def claim(self, triggers: Iterable[PendingTrigger], request_id: str, owner: str) -> list[PendingTrigger]:
        """Claim triggers for a request; returns those that still exist.

        The caller holds the model's lease, so that no other execution claims at the same time.
        """
        claimed = []
        for trigger in triggers:
            exists = try_update(
                self.dynamodb,
                {
                    "TableName": self.table,
                    "Key": self._key(_sort_key(trigger.event)),
                    "UpdateExpression": "SET claimed_by = :request, owner_arn = :owner, worker_arn = :owner",
                    # An update would create a deleted trigger again, with these attributes only.
                    "ConditionExpression": "attribute_exists(pk)",
                    "ExpressionAttributeValues": item_of({":request": request_id, ":owner": owner}),
                },
            )
            if exists:
                claimed.append(replace(trigger, claimed_by=request_id, owner=owner, worker=owner))
        return claimed

    def take_up(self, trigger: PendingTrigger, worker: str) -> bool:
        """Set a trigger's worker; returns False when its worker changed meanwhile, or it was deleted."""
        seen = {":seen": trigger.worker} if trigger.worker else {}
        return try_update(
            self.dynamodb,
            {
                "TableName": self.table,
                "Key": self._key(_sort_key(trigger.event)),
                "UpdateExpression": "SET worker_arn = :worker",
                "ConditionExpression": "attribute_exists(pk) AND "
                + ("worker_arn = :seen" if trigger.worker else "attribute_not_exists(worker_arn)"),
                "ExpressionAttributeValues": item_of({":worker": worker, **seen}),
            },
        )

    def drop(self, triggers: Iterable[PendingTrigger]) -> None:
        """Delete triggers that need no retraining; their events stay recorded."""
        for trigger in triggers:
            self.dynamodb.delete_item(TableName=self.table, Key=self._key(_sort_key(trigger.event)))

    def history(self) -> History:
        """The stored history; empty before the first retraining."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key=self._key("RETRAINING"), ConsistentRead=True
        )
        item: Item = answer.get("Item") or {}
        ended, rows = text_of(item, "ended_at"), text_of(item, "trained_rows")
        return History(
            past=Past(
                ended_at=datetime.fromisoformat(ended) if ended else None, losses=number_of(item, "losses")
            ),
            data=TrainingData(
                files=number_of(item, "trained_files"),
                size=number_of(item, "trained_bytes"),
                rows=int(rows) if rows else None,
            ),
            last_request=text_of(item, "last_request"),
        )

    def conclude(self, triggers: Iterable[PendingTrigger], history: History) -> None:
        """Delete the triggers of a retraining that has ended, and store its history.

        Up to `MAX_DELETES` triggers are deleted in one transaction with the history, others before it.
        """
        keys = [self._key(_sort_key(trigger.event)) for trigger in triggers]
        past: TransactWriteItemTypeDef = {
            "Put": {"TableName": self.table, "Item": self._history_item(history)}
        }
        first, rest = keys[:MAX_DELETES], keys[MAX_DELETES:]
        # If the function dies in between, the execution that resumes the request deletes the others.
        for start in range(0, len(rest), MAX_DELETES):
            self.dynamodb.transact_write_items(
                TransactItems=[self._delete(key) for key in rest[start : start + MAX_DELETES]]
            )
        self.dynamodb.transact_write_items(TransactItems=[*(self._delete(key) for key in first), past])

    def _history_item(self, history: History) -> "NewItem":
        past, data = history.past, history.data
        texts = {
            "ended_at": utc_text(past.ended_at) if past.ended_at else "",
            "losses": str(past.losses),
            "last_request": history.last_request,
            "trained_files": str(data.files),
            "trained_bytes": str(data.size),
            "trained_rows": "" if data.rows is None else str(data.rows),
        }
        return {**self._key("RETRAINING"), **item_of(texts)}

    def _delete(self, key: "NewItem") -> "TransactWriteItemTypeDef":
        return {"Delete": {"TableName": self.table, "Key": key}}

    def _item(self, event: TriggerEvent) -> "NewItem":
        texts = {name: str(getattr(event, name)) for name in _TEXTS}
        texts |= {"at": utc_text(event.at), "priority": str(event.priority)}
        return {**self._key(_sort_key(event)), **item_of(texts)}

    def _key(self, sort_key: str) -> "NewItem":
        return audit_key(self.model, sort_key)


def _short(event_id: str) -> str:
    if len(event_id) <= _MAX_ID_CHARACTERS:
        return event_id
    return hashlib.sha256(event_id.encode()).hexdigest()


def _sort_key(event: TriggerEvent) -> str:
    return f"TRIGGER#{utc_text(event.at)}#{_short(event.event_id)}"


def _read(item: Item) -> PendingTrigger:
    texts = {name: text_of(item, name) for name in _TEXTS}
    event = TriggerEvent(
        at=datetime.fromisoformat(text_of(item, "at")), priority=number_of(item, "priority"), **texts
    )
    return PendingTrigger(
        event=event,
        claimed_by=text_of(item, "claimed_by"),
        owner=text_of(item, "owner_arn"),
        worker=text_of(item, "worker_arn"),
    )
