"""The items of a fleet's leases, and every transition between them as one conditional transaction.

All lie under `pk` = `FLEET#<name>`:

- `TOTAL`: what is used, `used_jobs` and `used_instances`
- `HOLDER#<model>`: the model's lease; there is no second one
- `QUEUE#<rank>#<request id>`: the waiting list, in the order in which it is served
- `REQUEST#<request id>`: what was asked by whom, and how it stands

Names of attributes that expressions use hold an underscore, since many plain words are reserved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.leases.requests import Holder, Item, Known, Request, moment

WAITING, HELD, ENDED = "Waiting", "Held", "Ended"

REMEMBERED = timedelta(days=30)
"""How long a request that ended is known, so that its repetition starts nothing."""

Write = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Items:
    """The fleet's part of a table: keys, and the transitions."""

    table: str
    fleet: str

    def key(self, sort_key: str) -> Item:
        """The key of one of the fleet's items."""
        return {"pk": {"S": f"FLEET#{self.fleet}"}, "sk": {"S": sort_key}}

    def enqueued(self, request: Request, where: str) -> list[Write]:
        """A new request takes its place in line; nothing when its id is known."""
        asked: Item = {
            "request_id": {"S": request.request_id},
            "model": {"S": request.model},
            "jobs": {"N": str(request.jobs)},
            "instances": {"N": str(request.instances)},
        }
        entry: Item = {
            **self.key(f"REQUEST#{request.request_id}"),
            **asked,
            "owner_arn": {"S": request.owner},
            "priority": {"N": str(request.priority)},
            "arrived_at": {"S": moment(request.arrived)},
            "rank": {"S": where},
            "task_token": {"S": request.task_token},
            "lease_status": {"S": WAITING},
        }
        place: Item = {**self.key(f"QUEUE#{where}#{request.request_id}"), **asked}
        return [self._new(entry), self._new(place)]

    def granted(self, to: Known, *, jobs: int, instances: int, expires_at: str) -> list[Write]:
        """The request leaves the line and holds its model's lease, if there is room within the limits."""
        lease: Item = {
            **self.key(f"HOLDER#{to.model}"),
            "request_id": {"S": to.request_id},
            "model": {"S": to.model},
            "owner_arn": {"S": to.owner},
            "expires_at": {"S": expires_at},
        }
        total = self._total(to.jobs, to.instances)
        total["Update"]["ConditionExpression"] = (
            "attribute_not_exists(pk) OR used_jobs <= :room_jobs AND used_instances <= :room_instances"
        )
        total["Update"]["ExpressionAttributeValues"] |= {
            ":room_jobs": {"N": str(jobs - to.jobs)},
            ":room_instances": {"N": str(instances - to.instances)},
        }
        return [
            self._leaves(to),
            self._new(lease),
            total,
            self._request(to, "lease_status = :held", ":held", HELD, unless_moved=WAITING),
        ]

    def released(self, by: Known, forget_at: datetime) -> list[Write]:
        """The holder gives its share back, and its request has ended."""
        return [
            self._frees(by, {}),
            self._total(-by.jobs, -by.instances),
            self._ended(by, HELD, forget_at),
        ]

    def reaped(self, dead: Known, seen: Holder) -> list[Write]:
        """A dead holder's share comes back; its request is forgotten, so that it may be asked again."""
        return [
            self._frees(dead, {"expires_at": seen.expires_at}),
            self._total(-dead.jobs, -dead.instances),
            self._forgotten(dead, HELD),
        ]

    def rested(self, by: Known, at: datetime) -> list[Write]:
        """The holder gives its share of the budget back and keeps its model's lease."""
        return [
            self._total(-by.jobs, -by.instances),
            self._request(by, "rested_at = :at", ":at", moment(at), unless_moved=HELD),
        ]

    def put_off(self, by: Known) -> list[Write]:
        """Holder or waiter gives up what it has, and its request is forgotten: it will be asked again."""
        if by.status == WAITING:
            return [self._leaves(by), self._forgotten(by, WAITING)]
        return [
            self._frees(by, {}),
            self._total(-by.jobs, -by.instances),
            self._forgotten(by, HELD),
        ]

    def withdrawn(self, by: Known, forget_at: datetime) -> list[Write]:
        """Who waits leaves the line for good."""
        return [self._leaves(by), self._ended(by, WAITING, forget_at)]

    def taken_over(self, known: Known, owner: str, task_token: str) -> list[Write]:
        """Another execution, or another attempt of the same, goes on with a request where it stands."""
        writes: list[Write] = [
            {
                "Update": {
                    "TableName": self.table,
                    "Key": self.key(f"REQUEST#{known.request_id}"),
                    "UpdateExpression": "SET owner_arn = :owner, task_token = :token",
                    "ConditionExpression": "owner_arn = :seen AND lease_status = :status",
                    "ExpressionAttributeValues": {
                        ":owner": {"S": owner},
                        ":token": {"S": task_token},
                        ":seen": {"S": known.owner},
                        ":status": {"S": known.status},
                    },
                }
            }
        ]
        if known.status == HELD:
            lease = self.changed(known, "owner_arn", owner, of=known.owner)
            # The new one was not told: should this function die before it does, the reaper will.
            lease["UpdateExpression"] += " REMOVE woken_at"
            writes.append({"Update": lease})
        return writes

    def changed(self, of_request: Known | Holder, name: str, value: str, *, of: str) -> dict[str, Any]:
        """Set one attribute of a lease, while it is that request's and that owner's."""
        return {
            "TableName": self.table,
            "Key": self.key(f"HOLDER#{of_request.model}"),
            "UpdateExpression": f"SET {name} = :value",
            "ConditionExpression": "request_id = :request AND owner_arn = :seen",
            "ExpressionAttributeValues": {
                ":value": {"S": value},
                ":request": {"S": of_request.request_id},
                ":seen": {"S": of},
            },
        }

    def _new(self, item: Item) -> Write:
        return {
            "Put": {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _leaves(self, waiter: Known) -> Write:
        return {
            "Delete": {
                "TableName": self.table,
                "Key": self.key(f"QUEUE#{waiter.rank}#{waiter.request_id}"),
                "ConditionExpression": "attribute_exists(pk)",
            }
        }

    def _frees(self, held: Known, seen: Mapping[str, str]) -> Write:
        values = {"request_id": held.request_id, "owner_arn": held.owner, **seen}
        return {
            "Delete": {
                "TableName": self.table,
                "Key": self.key(f"HOLDER#{held.model}"),
                "ConditionExpression": " AND ".join(f"{name} = :{name}" for name in values),
                "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
            }
        }

    def _total(self, jobs: int, instances: int) -> Write:
        return {
            "Update": {
                "TableName": self.table,
                "Key": self.key("TOTAL"),
                "UpdateExpression": "ADD used_jobs :jobs, used_instances :instances",
                "ExpressionAttributeValues": {
                    ":jobs": {"N": str(jobs)},
                    ":instances": {"N": str(instances)},
                },
            }
        }

    def _request(self, of: Known, change: str, name: str, value: str, *, unless_moved: str) -> Write:
        return {
            "Update": {
                "TableName": self.table,
                "Key": self.key(f"REQUEST#{of.request_id}"),
                "UpdateExpression": f"SET {change}",
                # The lease carries the owner that was read: one that was taken over is read again first.
                "ConditionExpression": "lease_status = :was AND owner_arn = :seen",
                "ExpressionAttributeValues": {
                    name: {"S": value},
                    ":was": {"S": unless_moved},
                    ":seen": {"S": of.owner},
                },
            }
        }

    def _ended(self, of: Known, was: str, forget_at: datetime) -> Write:
        write = self._request(
            of, "lease_status = :ended, forget_at = :forget", ":ended", ENDED, unless_moved=was
        )
        write["Update"]["ExpressionAttributeValues"][":forget"] = {"N": str(int(forget_at.timestamp()))}
        return write

    def _forgotten(self, of: Known, was: str) -> Write:
        return {
            "Delete": {
                "TableName": self.table,
                "Key": self.key(f"REQUEST#{of.request_id}"),
                "ConditionExpression": "lease_status = :was AND owner_arn = :seen",
                "ExpressionAttributeValues": {":was": {"S": was}, ":seen": {"S": of.owner}},
            }
        }
