"""The in-memory DynamoDB table of a simulated fleet; it checks the budget after each write."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lambdas.leases.items import HELD
from mdlc_constructs.settings.budget import Budget
from tests.lambdas.dynamodb import FakeDynamoDB, Item

TABLE, FLEET = "audit", "fleet"


class OverBudgetError(AssertionError):
    """The leases exceed the budget, or a model has two leases."""


class _Ordered(dict[tuple[str, str], Item]):
    """Items with sorted keys, so that a query reads only its own items."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[tuple[str, str]] = []

    def __setitem__(self, key: tuple[str, str], item: Item) -> None:
        if key not in self:
            insort(self.order, key)
        super().__setitem__(key, item)

    def pop(self, key: tuple[str, str], default: Any = None) -> Any:
        if key in self:
            del self.order[bisect_left(self.order, key)]
        return super().pop(key, default)


class LeasedTable(FakeDynamoDB):
    """A fake table that checks the budget after every transaction and counts read and write units.

    Attributes:
        units: the numbers of `read` and `write` units; each item is smaller than a unit.
        checks: the number of checks.
        max_jobs: the maximum number of jobs that were held at the same time.
        max_instances: the same for instances.
    """

    def __init__(self, budget: Budget) -> None:
        super().__init__(table=TABLE, page_size=1000)
        self.items: _Ordered = _Ordered()
        self.budget = budget
        self.units: Counter[str] = Counter()
        self.checks, self.max_jobs, self.max_instances = 0, 0, 0

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.units["read"] += 1
        return super().get_item(**request)

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        values = request["ExpressionAttributeValues"]
        pk, start = values[":pk"]["S"], values[":sk"]["S"]
        size = request["PaginationConfig"]["PageSize"]
        position = bisect_left(self.items.order, (pk, start))
        while True:
            # Each page is a consistent read at its own time.
            self.units["read"] += 1
            keys = self.items.order[position : position + size]
            own = [key for key in keys if key[0] == pk and key[1].startswith(start)]
            yield {"Items": [dict(self.items[key]) for key in own]}
            if len(own) < size:
                return
            position = bisect_left(self.items.order, own[-1]) + 1

    def update_item(self, **request: Any) -> None:
        super().update_item(**request)
        self.units["write"] += 1

    def transact_write_items(self, **request: Any) -> None:
        # A transaction's writes cost two units each, even when a condition fails.
        self.units["write"] += 2 * len(request["TransactItems"])
        super().transact_write_items(**request)
        self._check()

    @property
    def is_held(self) -> bool:
        """Whether any lease is held."""
        start = (f"FLEET#{FLEET}", "HOLDER#")
        return any(key[1].startswith(start[1]) for key in self._from(start, 1))

    def _from(self, key: tuple[str, str], most: int) -> list[tuple[str, str]]:
        position = bisect_left(self.items.order, key)
        return self.items.order[position : position + most]

    def _check(self) -> None:
        held: dict[str, tuple[int, int]] = {}
        position = bisect_left(self.items.order, (f"FLEET#{FLEET}", "HOLDER#"))
        while position < len(self.items.order):
            key = self.items.order[position]
            if not key[1].startswith("HOLDER#"):
                break
            holder = self.items[key]
            asked = self.items[key[0], f"REQUEST#{holder['request_id']['S']}"]
            model = holder["model"]["S"]
            if model in held or asked["lease_status"]["S"] != HELD:
                raise OverBudgetError(f"{model} is held twice, or by a request that does not hold.")
            # A request that released its capacity (`rested_at`) still holds its model's lease.
            rests = "rested_at" in asked
            held[model] = (0, 0) if rests else (int(asked["jobs"]["N"]), int(asked["instances"]["N"]))
            position += 1
        jobs, instances = (sum(each[side] for each in held.values()) for side in (0, 1))
        total = self.items.get((f"FLEET#{FLEET}", "TOTAL"), {})
        counted = tuple(int(total.get(f"used_{name}", {"N": "0"})["N"]) for name in ("jobs", "instances"))
        if (jobs, instances) != counted:
            raise OverBudgetError(
                f"{jobs} jobs with {instances} instances are held, and {counted} are counted."
            )
        if jobs > self.budget.jobs or instances > self.budget.instances:
            raise OverBudgetError(
                f"{jobs} jobs with {instances} instances are held, {self.budget} is allowed."
            )
        self.checks += 1
        self.max_jobs = max(self.max_jobs, jobs)
        self.max_instances = max(self.max_instances, instances)
