from typing import Any

import pytest

from jobs.monitoring.skew import skew
from tests.jobs.monitoring.windows import FEATURES, Row, Window, event, opened, rows


def found(window: Window, sent: list[Row], known: list[Row], **monitor: Any) -> dict[str, Any] | None:
    window.capture(event(row) for row in sent)
    if known:
        window.label(known)
    statistics = {"features": [{"name": "amount", "numerical_statistics": {"std_dev": 10.0}}]}
    with opened(window, **monitor) as read:
        return skew(read.connection, FEATURES, read.served, read.labels, statistics)


def test_what_is_served_as_it_is_known(window: Window) -> None:
    answer = found(window, rows(50), rows(50))
    assert answer and answer["rows_compared"] == 50 and answer["skewed"] == []
    assert all(numbers["mismatch_share"] == 0 for numbers in answer["features"].values())


def test_a_feature_in_another_unit(window: Window) -> None:
    sent = [{**row, "amount": None if row["amount"] is None else row["amount"] + 5} for row in rows(50)]
    answer = found(window, sent, rows(50))
    assert answer and answer["skewed"] == ["amount"]
    present = sum(row["amount"] is not None for row in sent)
    assert answer["features"]["amount"] == {
        "mismatch_share": present / 50,
        "mean_difference": pytest.approx(5),
        "in_standard_deviations": pytest.approx(0.5),
    }


def test_values_that_only_one_side_has_differ(window: Window) -> None:
    sent = [{**row, "kind": None if number < 10 else row["kind"]} for number, row in enumerate(rows(50))]
    answer = found(window, sent, rows(50))
    assert answer and answer["features"]["kind"]["mismatch_share"] == pytest.approx(0.2)
    assert answer["features"]["kind"]["mean_difference"] is None


def test_a_feature_that_is_not_sent_at_all(window: Window) -> None:
    answer = found(window, [{k: v for k, v in row.items() if k != "count"} for row in rows(50)], rows(50))
    assert answer and answer["skewed"] == ["count"]
    assert answer["features"]["count"]["mismatch_share"] == 1.0


def test_fewer_digits_are_no_difference(window: Window) -> None:
    sent = [{**row, "amount": (row["amount"] or 1.0) * (1 + 1e-8)} for row in rows(50)]
    known = [{**row, "amount": row["amount"] or 1.0} for row in rows(50)]
    answer = found(window, sent, known)
    assert answer and answer["skewed"] == []


def test_rows_that_are_known_twice_alike_are_compared(window: Window) -> None:
    sent = [{**row, "count": row["count"] + 1} for row in rows(50)]
    answer = found(window, sent, [*rows(50), *rows(50)])
    assert answer and answer["rows_compared"] == 50 and answer["skewed"] == ["count"]


def test_rows_that_are_known_otherwise_twice_are_not_compared(window: Window) -> None:
    known = rows(50)
    answer = found(window, rows(50), [*known, {**known[0], "amount": 99.0}])
    assert answer and answer["rows_compared"] == 49 and answer["skewed"] == []


def test_labels_without_rows(window: Window) -> None:
    assert found(window, rows(5), []) is None
