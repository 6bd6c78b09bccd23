from typing import Any

import pytest

from jobs.database import connect
from jobs.errors import PlanError
from jobs.plan import parse_plan
from jobs.roles import label_number, moment, row_key, total_order, within
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.batches import Batch


@pytest.mark.parametrize(
    ("kind", "positive", "values", "expected"),
    [
        ("integer", "1", "(1), (0), (NULL)", [1, 0, None]),
        ("number", "2", "(2.0), (0.5), (NULL)", [1, 0, None]),
        ("boolean", "1", "(true), (false), (NULL)", [1, 0, None]),
        ("boolean", "false", "(true), (false), (NULL)", [0, 1, None]),
        ("category", "it's", "('it''s'), ('no'), (NULL)", [1, 0, None]),
    ],
)
def test_a_binary_label_becomes_one_and_nought(
    filled: Batch, kind: str, positive: str, values: str, expected: list[int | None]
) -> None:
    columns = {**filled.document()["dataset"]["columns"], "y": kind}
    dataset = filled.plan(dataset={"columns": columns, "positive": positive}).dataset
    with connect() as (connection, _):
        found = connection.execute(
            f"SELECT {label_number(dataset)} FROM (VALUES {values}) AS v(y)"
        ).fetchall()
    assert [row[0] for row in found] == expected


@pytest.mark.parametrize(
    ("kind", "classes", "values", "expected"),
    [
        ("category", ["it's", "no", "b"], "('it''s'), ('b'), ('B'), (NULL)", [0, 2, None, None]),
        ("integer", ["3", "1", "2"], "(1), (2), (4), (NULL)", [1, 2, None, None]),
        ("number", ["1.0", "2.5", "3"], "(1.0), (2.5), (3.0), (2.0)", [0, 1, 2, None]),
        ("text", ["1.0", "01", "true"], "('1'), ('01'), ('true'), ('1.00')", [0, 1, 2, None]),
    ],
)
def test_a_class_becomes_its_number(
    filled: Batch, kind: str, classes: list[str], values: str, expected: list[int | None]
) -> None:
    columns = {**filled.document()["dataset"]["columns"], "y": kind}
    dataset = filled.plan(dataset={"columns": columns, "task": "multiclass", "classes": classes}).dataset
    with connect() as (connection, _):
        found = connection.execute(
            f"SELECT {label_number(dataset)} FROM (VALUES {values}) AS v(y)"
        ).fetchall()
    assert [row[0] for row in found] == expected


def test_a_positive_that_the_label_cannot_hold_is_refused(filled: Batch) -> None:
    with pytest.raises(PlanError, match=r"dataset\.positive='yes'"):
        label_number(filled.plan(dataset={"positive": "yes"}).dataset)


def test_without_a_label_there_is_no_number(filled: Batch) -> None:
    document: dict[str, Any] = filled.document(workflow="batch", dataset={"label": None})
    with pytest.raises(PlanError, match=r"dataset\.label=None"):
        label_number(parse_plan(document).dataset)


def test_one_key_column_is_its_text_and_several_are_a_json_object(filled: Batch) -> None:
    one = filled.plan().dataset
    two = filled.plan(dataset={"row_key": ["who", "id"]}).dataset
    with connect() as (connection, _):
        for dataset, expected in ((one, "7"), (two, '{"who":"a \\"b\\"","id":"7"}')):
            query = f"""SELECT {row_key(dataset)} FROM (SELECT 7 AS id, 'a "b"' AS who)"""
            assert connection.execute(query).fetchall() == [(expected,)]


def test_the_order_is_by_time_then_key_then_everything_else(filled: Batch) -> None:
    dataset = filled.plan().dataset
    order = total_order(dataset, dataset.needed(label=True))
    assert order.startswith('raw."at", raw."id", raw."who"')
    assert order.count('raw."at"') == 1


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    condition = within("t", Interval(start="2024-01-01", end="2024-01-02T00:00:00Z"))
    times = "(TIMESTAMP '2023-12-31 23:59:59'), (TIMESTAMP '2024-01-01'), (TIMESTAMP '2024-01-02'), (NULL)"
    with connect() as (connection, _):
        found = connection.execute(f"SELECT t FROM (VALUES {times}) AS v(t) WHERE {condition}").fetchall()
        assert len(found) == 1
        assert connection.execute(f"SELECT {moment('2024-01-01T02:00:00+02:00')}").fetchall() == found
