"""The DynamoDB items of a fleet's leases, and each transition between them as one conditional transaction.

All have the partition key `pk` = `FLEET#<name>`; by sort key `sk`:

- `TOTAL`: the capacity in use, `used_jobs` and `used_instances`
- `HOLDER#<model>`: the model's only lease
- `QUEUE#<rank>#<request id>`: the waiting requests, in the order in which they are served
- `REQUEST#<request id>`: a request, its owner and its status

Attributes used in expressions have an underscore in their name, since DynamoDB reserves many plain words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.leases.requests import Lease, LeaseRequest, StoredRequest, utc_text
from lambdas.planning.items import item_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Write
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef

    from lambdas.planning.items import NewItem

WAITING, HELD, ENDED = "Waiting", "Held", "Ended"

REMEMBERED = timedelta(days=30)
"""How long an ended request is stored, so that repeating it starts nothing."""


@dataclass(frozen=True, kw_only=True)
class Items:
    """The fleet's items in a table: their keys, and the writes of each transition."""

    table: str
    fleet: str

    def key(self, sort_key: str) -> "NewItem":
        """The key of one of the fleet's items."""
        return item_of({"pk": f"FLEET#{self.fleet}", "sk": sort_key})

    def enqueue(self, request: LeaseRequest, rank: str) -> "list[Write]":
        """Add a new request to the queue; the transaction fails when its id is stored already."""
        common: NewItem = {
            **item_of({"request_id": request.request_id, "model": request.model}),
            "jobs": {"N": str(request.jobs)},
            "instances": {"N": str(request.instances)},
        }
        texts = {
            "owner_arn": request.owner,
            "arrived_at": utc_text(request.arrived),
            "rank": rank,
            "task_token": request.task_token,
            "lease_status": WAITING,
        }
        entry: NewItem = {
            **self.key(f"REQUEST#{request.request_id}"),
            **common,
            **item_of(texts),
            "priority": {"N": str(request.priority)},
        }
        place: NewItem = {**self.key(f"QUEUE#{rank}#{request.request_id}"), **common}
        return [self._new(entry), self._new(place)]

    def grant(self, request: StoredRequest, *, jobs: int, instances: int, expires_at: str) -> "list[Write]":
        """Move a request from the queue to its model's lease, if it fits within the limits."""
        texts = {
            "request_id": request.request_id,
            "model": request.model,
            "owner_arn": request.owner,
            "expires_at": expires_at,
        }
        total = self._add_to_total(request.jobs, request.instances)
        total["ConditionExpression"] = (
            "attribute_not_exists(pk) OR used_jobs <= :room_jobs AND used_instances <= :room_instances"
        )
        total["ExpressionAttributeValues"] = {
            **total["ExpressionAttributeValues"],
            ":room_jobs": {"N": str(jobs - request.jobs)},
            ":room_instances": {"N": str(instances - request.instances)},
        }
        return [
            self._dequeue(request),
            self._new({**self.key(f"HOLDER#{request.model}"), **item_of(texts)}),
            {"Update": total},
            self._set_on_request(request, "lease_status = :held", {":held": HELD}, expected=WAITING),
        ]

    def release(self, request: StoredRequest, forget_at: datetime) -> "list[Write]":
        """Delete the holder's lease, return its capacity and end its request."""
        return [*self._free(request, {}), self._end(request, HELD, forget_at)]

    def evict(self, request: StoredRequest, lease: Lease) -> "list[Write]":
        """Delete a dead holder's lease, return its capacity and delete its request, so it can be repeated."""
        return [*self._free(request, {"expires_at": lease.expires_at}), self._forget(request, HELD)]

    def release_capacity(self, request: StoredRequest, at: datetime) -> "list[Write]":
        """Return the holder's capacity to the budget; it keeps its model's lease."""
        return [
            {"Update": self._add_to_total(-request.jobs, -request.instances)},
            self._set_on_request(request, "rested_at = :at", {":at": utc_text(at)}, expected=HELD),
        ]

    def requeue(self, request: StoredRequest) -> "list[Write]":
        """Delete a request with its lease or queue entry, because it will be repeated."""
        if request.status == WAITING:
            return [self._dequeue(request), self._forget(request, WAITING)]
        return [*self._free(request, {}), self._forget(request, HELD)]

    def withdraw(self, request: StoredRequest, forget_at: datetime) -> "list[Write]":
        """Remove a waiting request from the queue permanently."""
        return [self._dequeue(request), self._end(request, WAITING, forget_at)]

    def take_over(self, request: StoredRequest, owner: str, task_token: str) -> "list[Write]":
        """Give a request to another execution, or to another attempt of the same one."""
        writes: list[Write] = [
            {
                "Update": {
                    "TableName": self.table,
                    "Key": self.key(f"REQUEST#{request.request_id}"),
                    "UpdateExpression": "SET owner_arn = :owner, task_token = :token",
                    "ConditionExpression": "owner_arn = :seen AND lease_status = :status",
                    "ExpressionAttributeValues": item_of(
                        {
                            ":owner": owner,
                            ":token": task_token,
                            ":seen": request.owner,
                            ":status": request.status,
                        }
                    ),
                }
            }
        ]
        if request.status == HELD:
            lease = self.set_on_lease(request, "owner_arn", owner, expected_owner=request.owner)
            # The new owner is not notified yet: if this function dies first, `reap` notifies it.
            lease["UpdateExpression"] += " REMOVE woken_at"
            writes.append({"Update": lease})
        return writes

    def set_on_lease(
        self, request: StoredRequest | Lease, name: str, value: str, *, expected_owner: str
    ) -> "UpdateTypeDef":
        """Set one attribute of a lease, if that request and that owner still hold it."""
        return {
            "TableName": self.table,
            "Key": self.key(f"HOLDER#{request.model}"),
            "UpdateExpression": f"SET {name} = :value",
            "ConditionExpression": "request_id = :request AND owner_arn = :seen",
            "ExpressionAttributeValues": item_of(
                {":value": value, ":request": request.request_id, ":seen": expected_owner}
            ),
        }

    def _new(self, item: "NewItem") -> "Write":
        return {
            "Put": {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _dequeue(self, request: StoredRequest) -> "Write":
        return {
            "Delete": {
                "TableName": self.table,
                "Key": self.key(f"QUEUE#{request.rank}#{request.request_id}"),
                "ConditionExpression": "attribute_exists(pk)",
            }
        }

    def _free(self, request: StoredRequest, expected: Mapping[str, str]) -> "list[Write]":
        """Delete the lease and subtract its capacity from the total."""
        values = {"request_id": request.request_id, "owner_arn": request.owner, **expected}
        return [
            {
                "Delete": {
                    "TableName": self.table,
                    "Key": self.key(f"HOLDER#{request.model}"),
                    "ConditionExpression": " AND ".join(f"{name} = :{name}" for name in values),
                    "ExpressionAttributeValues": item_of(
                        {f":{name}": value for name, value in values.items()}
                    ),
                }
            },
            {"Update": self._add_to_total(-request.jobs, -request.instances)},
        ]

    def _add_to_total(self, jobs: int, instances: int) -> "UpdateTypeDef":
        return {
            "TableName": self.table,
            "Key": self.key("TOTAL"),
            "UpdateExpression": "ADD used_jobs :jobs, used_instances :instances",
            "ExpressionAttributeValues": {":jobs": {"N": str(jobs)}, ":instances": {"N": str(instances)}},
        }

    def _set_on_request(
        self, request: StoredRequest, change: str, values: Mapping[str, str], *, expected: str
    ) -> "Write":
        return {
            "Update": {
                "TableName": self.table,
                "Key": self.key(f"REQUEST#{request.request_id}"),
                "UpdateExpression": f"SET {change}",
                # Fails when another execution took the request over after it was read here.
                "ConditionExpression": "lease_status = :was AND owner_arn = :seen",
                "ExpressionAttributeValues": item_of({**values, ":was": expected, ":seen": request.owner}),
            }
        }

    def _end(self, request: StoredRequest, expected: str, forget_at: datetime) -> "Write":
        write = self._set_on_request(
            request, "lease_status = :ended, forget_at = :forget", {":ended": ENDED}, expected=expected
        )
        update = write["Update"]
        update["ExpressionAttributeValues"] = {
            **update["ExpressionAttributeValues"],
            ":forget": {"N": str(int(forget_at.timestamp()))},
        }
        return write

    def _forget(self, request: StoredRequest, expected: str) -> "Write":
        return {
            "Delete": {
                "TableName": self.table,
                "Key": self.key(f"REQUEST#{request.request_id}"),
                "ConditionExpression": "lease_status = :was AND owner_arn = :seen",
                "ExpressionAttributeValues": item_of({":was": expected, ":seen": request.owner}),
            }
        }
