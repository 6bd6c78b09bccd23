"""A DynamoDB table in memory with real conditions: a write that does not hold changes nothing at all.

It reads the expressions that our functions use: `attribute_exists`, `attribute_not_exists`, `=`, `<=`, `AND`,
`OR`, `SET` of values, `ADD` of numbers and `REMOVE` of one attribute. Anything else is an error, and so is a
value that no expression names, as in DynamoDB.
"""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.lambdas.fakes import Client

Item = dict[str, dict[str, str]]
TERM = re.compile(r"\s*(attribute_exists|attribute_not_exists)\((\w+)\)|\s*(\w+) (=|<=) (:\w+)")


def _compared(item: Item, name: str, sign: str, value: dict[str, str]) -> bool:
    if name not in item:
        return False
    (kind, stored), (other, given) = next(iter(item[name].items())), next(iter(value.items()))
    if kind != other:
        return False
    if kind == "N":
        return int(stored) == int(given) if sign == "=" else int(stored) <= int(given)
    return stored == given if sign == "=" else stored <= given


def _term(text: str, item: Item, values: Item) -> bool:
    found = TERM.fullmatch(text)
    assert found, f"not a condition this table knows: {text}"
    function, attribute, name, sign, value = found.groups()
    if function:
        return (attribute in item) == (function == "attribute_exists")
    return _compared(item, name, sign, values[value])


def holds(condition: str, item: Item, values: Item) -> bool:
    """AND binds more closely than OR, as in DynamoDB."""
    return any(
        all(_term(term, item, values) for term in either.split(" AND ")) for either in condition.split(" OR ")
    )


def updated(expression: str, key: Item, item: Item, values: Item) -> Item:
    after = {**key, **item}
    expression, _, removed = expression.partition(" REMOVE ")
    after.pop(removed, None)
    verb, _, changes = expression.partition(" ")
    for change in changes.split(", "):
        if verb == "SET":
            name, value = change.split(" = ")
            after[name] = values[value]
        else:
            assert verb == "ADD", f"not an update this table knows: {expression}"
            name, value = change.split(" ")
            after[name] = {"N": str(int(after.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
    return after


def canceled(*reasons: str) -> ClientError:
    """The error of a transaction, with a reason for each of its writes."""
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "TransactWriteItems")


class FakeDynamoDB(Client):
    """One table. `before` is called ahead of each call, and may do other work or raise."""

    def __init__(self, table: str = "audit", page_size: int = 2) -> None:
        self.table, self.page_size = table, page_size
        self.items: dict[tuple[str, str], Item] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.calls: list[str] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)

    def _at(self, key: Item) -> tuple[str, str]:
        assert set(key) == {"pk", "sk"}
        return key["pk"]["S"], key["sk"]["S"]

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:
        assert (TableName, ConsistentRead) == (self.table, True)
        self._called("get_item")
        item = self.items.get(self._at(Key))
        return {"Item": copy.deepcopy(item)} if item else {}

    def get_paginator(self, name: str) -> "FakeDynamoDB":
        assert name == "query"
        return self

    def paginate(
        self,
        *,
        TableName: str,
        ConsistentRead: bool,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Item,
        PaginationConfig: dict[str, int],
    ) -> Iterator[dict[str, Any]]:
        assert (TableName, ConsistentRead) == (self.table, True)
        assert KeyConditionExpression == "pk = :pk AND begins_with(sk, :sk)"
        pk, start = (ExpressionAttributeValues[name]["S"] for name in (":pk", ":sk"))
        size = min(self.page_size, PaginationConfig["PageSize"])
        after: str | None = ""
        while after is not None:
            self._called("query")
            keys = sorted(k for k in self.items if k[0] == pk and k[1].startswith(start) and k[1] > after)
            page = keys[:size]
            yield {"Items": [copy.deepcopy(self.items[key]) for key in page]}
            after = page[-1][1] if len(keys) > size else None

    def query(self, **request: Any) -> dict[str, Any]:
        """One page, from either end."""
        assert (request["TableName"], request["ConsistentRead"]) == (self.table, True)
        self._called("query")
        pk, start = (request["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":sk"))
        keys = sorted(k for k in self.items if k[0] == pk and k[1].startswith(start))
        keys = keys if request["ScanIndexForward"] else keys[::-1]
        return {"Items": [copy.deepcopy(self.items[key]) for key in keys[: request["Limit"]]]}

    def put_item(self, **request: Any) -> None:
        self._called("put_item")
        key, after = self._write("Put", request)
        self.items[key] = after

    def update_item(self, **request: Any) -> None:
        self._called("update_item")
        key, after = self._write("Update", request)
        if not self._holds("Update", request):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")
        self.items[key] = after

    def delete_item(self, *, TableName: str, Key: Item) -> None:
        assert TableName == self.table
        self._called("delete_item")
        self.items.pop(self._at(Key), None)

    def transact_write_items(self, *, TransactItems: list[dict[str, dict[str, Any]]]) -> None:
        self._called("transact_write_items")
        writes = [next(iter(write.items())) for write in TransactItems]
        prepared = [self._write(kind, request) for kind, request in writes]
        keys = [key for key, _ in prepared]
        assert len(set(keys)) == len(keys) <= 100, "an item is written once in a transaction"
        held = [self._holds(kind, request) for kind, request in writes]
        if not all(held):
            raise canceled(*("None" if one else "ConditionalCheckFailed" for one in held))
        for key, after in prepared:
            if after:
                self.items[key] = after
            else:
                self.items.pop(key, None)

    def _key(self, kind: str, request: dict[str, Any]) -> Item:
        key: Item = {n: request["Item"][n] for n in ("pk", "sk")} if kind == "Put" else request["Key"]
        return key

    def _holds(self, kind: str, request: dict[str, Any]) -> bool:
        item = self.items.get(self._at(self._key(kind, request)), {})
        condition = request.get("ConditionExpression")
        values = request.get("ExpressionAttributeValues", {})
        expressions = f"{condition} {request.get('UpdateExpression', '')}"
        assert set(re.findall(r":\w+", expressions)) == set(values), (
            "every value is named, every name is given"
        )
        return condition is None or holds(condition, item, values)

    def _write(self, kind: str, request: dict[str, Any]) -> tuple[tuple[str, str], Item]:
        assert request["TableName"] == self.table
        key = self._at(self._key(kind, request))
        if kind == "Put":
            return key, copy.deepcopy(request["Item"])
        if kind == "Delete":
            return key, {}
        values = request["ExpressionAttributeValues"]
        return key, updated(request["UpdateExpression"], request["Key"], self.items.get(key, {}), values)
