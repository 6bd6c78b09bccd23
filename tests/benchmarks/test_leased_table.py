from typing import Any

import pytest

from benchmarks.leased_table import FLEET, TABLE, LeasedTable, OverBudgetError
from lambdas.leases.items import Items
from lambdas.leases.requests import LeaseRequest
from mdlc_constructs.settings.budget import Budget
from tests.lambdas.leasing import START

ITEMS = Items(table=TABLE, fleet=FLEET)
BUDGET = Budget(jobs=1, instances=2)


def asked(table: LeasedTable, model: str, **given: Any) -> Any:
    """A request in line, as the fleet reads it."""
    from lambdas.leases.requests import read_request

    request = LeaseRequest(
        request_id=f"r-{model}", model=model, owner=f"arn:{model}", arrived=START, task_token="t", **given
    )
    table.transact_write_items(TransactItems=ITEMS.enqueue(request, "0"))
    return read_request(table.items[f"FLEET#{FLEET}", f"REQUEST#r-{model}"])


def grant(table: LeasedTable, found: Any, most: int = 9) -> None:
    """Hand out a lease, by default beyond the budget."""
    table.transact_write_items(TransactItems=ITEMS.grant(found, jobs=most, instances=most, expires_at="z"))


def test_what_is_held_is_looked_at_after_every_write() -> None:
    table = LeasedTable(BUDGET)
    first, second = asked(table, "a"), asked(table, "b")
    held = [table.is_held]
    grant(table, first)
    assert [*held, table.is_held] == [False, True]
    assert (table.checks, table.max_jobs, table.max_instances) == (3, 1, 1)
    with pytest.raises(OverBudgetError, match="2 jobs with 2 instances are held"):
        grant(table, second)


def test_too_many_instances_are_seen_too() -> None:
    table = LeasedTable(BUDGET)
    found = asked(table, "a", instances=3)
    with pytest.raises(OverBudgetError, match="1 jobs with 3 instances"):
        grant(table, found)


def test_a_count_that_differs_from_what_is_held_is_seen() -> None:
    table = LeasedTable(BUDGET)
    grant(table, asked(table, "a"))
    total = table.items[f"FLEET#{FLEET}", "TOTAL"]
    table.items[f"FLEET#{FLEET}", "TOTAL"] = {**total, "used_jobs": {"N": "0"}}
    with pytest.raises(OverBudgetError, match=r"1 jobs with 1 instances are held, and \(0, 1\) are counted"):
        asked(table, "b")


def test_who_rests_holds_its_model_alone() -> None:
    table = LeasedTable(BUDGET)
    grant(table, found := asked(table, "a"))
    table.transact_write_items(TransactItems=ITEMS.release_capacity(found, START))
    grant(table, asked(table, "b"))
    assert table.max_jobs == 1


def test_a_query_gives_its_part_in_order_and_pages_of_its_size() -> None:
    table = LeasedTable(BUDGET)
    for name in ("c", "a", "b"):
        asked(table, name)
    request: dict[str, Any] = {
        "ExpressionAttributeValues": {":pk": {"S": f"FLEET#{FLEET}"}, ":sk": {"S": "REQUEST#"}},
        "PaginationConfig": {"PageSize": 2},
    }
    before = table.units["read"]
    pages = [[item["model"]["S"] for item in page["Items"]] for page in table.paginate(**request)]
    assert pages == [["a", "b"], ["c"]]
    assert table.units["read"] - before == 2


def test_writes_of_transactions_count_twice_also_when_they_are_refused() -> None:
    table = LeasedTable(BUDGET)
    asked(table, "a")
    assert table.units["write"] == 4
    with pytest.raises(Exception, match="TransactionCanceled"):
        asked(table, "a")
    assert table.units["write"] == 8
