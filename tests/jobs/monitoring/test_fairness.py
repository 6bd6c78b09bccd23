import numpy as np
import pytest

from jobs.monitoring.fairness import Difference, fairness
from jobs.monitoring.intervals import corrected_z
from tests.jobs.monitoring.windows import Opened, Row, Window, event, opened, rows

REGRESSION = {"task": "regression"}


def found(window: Window, **monitor: object) -> tuple[dict[str, Difference], list[str]]:
    with opened(window, **monitor) as read:
        differences, notes = fairness(
            read.connection, read.settings, read.served, read.labels, read.plan.dataset.task
        )
    return {difference.measure: difference for difference in differences}, notes


def test_groups_that_are_treated_alike(served: Window) -> None:
    differences, notes = found(served, protected=["flag"])
    assert set(differences) == {"selection_rate", "true_positive_rate", "false_positive_rate"}
    assert not any(difference.certain for difference in differences.values()) and notes == []


def test_a_group_that_is_selected_less(window: Window) -> None:
    made = [
        {**row, "score": row["score"] * 0.6 if row["kind"] == "b" else row["score"]} for row in rows(1500)
    ]
    window.capture(event(row) for row in made)
    window.label(made)
    differences, _ = found(window, protected=["kind"])
    rates = {
        kind: sum(row["score"] >= 0.5 for row in made if row["kind"] == kind)
        / sum(row["kind"] == kind for row in made)
        for kind in ("a", "b", "c d")
    }
    selection = differences["selection_rate"]
    assert selection.lower == "b" and selection.higher == max(rates, key=lambda kind: rates[kind])
    assert selection.difference == pytest.approx(max(rates.values()) - min(rates.values()))
    assert selection.low > 0 and selection.certain and selection.groups == 3


def selected(kind: str, chosen: int, number: int, label: int = 1) -> list[Row]:
    """Rows of a group with one label, of which so many are selected."""
    return [
        {**row, "id": f"{kind}{label}-{place}", "kind": kind, "score": 0.9 if place < chosen else 0.1}
        | {"y": label}
        for place, row in enumerate(rows(number))
    ]


def test_a_sure_difference_is_not_hidden_by_a_larger_one_that_is_none(window: Window) -> None:
    """The small group is furthest from both others, by accident as far as anybody knows."""
    made = [*selected("a", 300, 500), *selected("b", 225, 500), *selected("c d", 15, 20)]
    window.capture(event(row) for row in made)
    window.label(made)
    differences, _ = found(window, protected=["kind"], least_rows=20)
    for measure in ("selection_rate", "true_positive_rate"):
        one = differences[measure]
        assert (one.higher, one.lower, one.groups) == ("a", "b", 3)
        assert one.difference == pytest.approx(0.15) and one.certain


def test_a_rate_needs_rows_with_that_label(window: Window) -> None:
    """Of 300 rows each, one group has three positives: its rate of true positives is none."""
    made = [*selected("a", 50, 100), *selected("a", 50, 200, label=0)]
    made += [*selected("b", 0, 3), *selected("b", 100, 297, label=0)]
    window.capture(event(row) for row in made)
    window.label(made)
    differences, notes = found(window, protected=["kind"])
    assert set(differences) == {"selection_rate", "false_positive_rate"}
    assert notes == [
        "Fairness of 'kind', true positive rate: fewer than two groups have 50 rows to measure it by."
    ]


def test_selection_needs_no_labels(window: Window) -> None:
    window.capture(event(row) for row in rows(400))
    differences, _ = found(window, protected=["kind"])
    assert set(differences) == {"selection_rate"}


def test_groups_that_are_too_small_are_told(window: Window) -> None:
    window.capture(event(row) for row in rows(90))
    differences, notes = found(window, protected=["kind"], least_rows=60)
    assert differences == {} and notes == [
        "Fairness of 'kind', selection rate: fewer than two groups have 60 rows to measure it by."
    ]


def of_regression(read: Opened) -> dict[str, Difference]:
    differences, notes = fairness(read.connection, read.settings, read.served, read.labels, "regression")
    assert notes == []
    return {difference.measure: difference for difference in differences}


def test_a_regression_is_compared_by_answers_and_errors(window: Window) -> None:
    """The answers of one group are too high, so that its errors are, too."""
    made = [{**row, "score": row["score"] + (row["kind"] == "b")} for row in rows(900)]
    window.capture(event(row) for row in made)
    window.label(rows(900))
    with opened(window, protected=["kind"], dataset=REGRESSION) as read:
        found = of_regression(read)
    assert list(found) == ["mean_prediction", "mean_error", "mean_absolute_error"]
    for measure, one in found.items():
        assert (one.higher, one.groups, one.certain) == ("b", 3, True), measure
    groups = {
        kind: [row["score"] - row["y"] for row in made if row["kind"] == kind] for kind in ("a", "b", "c d")
    }
    one = found["mean_error"]
    gap = np.mean(groups["b"]) - np.mean(groups[one.lower])
    deviation = np.sqrt(sum(np.var(groups[name], ddof=1) / len(groups[name]) for name in ("b", one.lower)))
    assert one.difference == pytest.approx(gap)
    # Three measures of three pairs each.
    assert one.low == pytest.approx(gap - corrected_z(9) * deviation)


def test_the_mean_prediction_needs_no_labels(window: Window) -> None:
    window.capture(event(row) for row in rows(400))
    with opened(window, protected=["kind"], dataset=REGRESSION) as read:
        assert list(of_regression(read)) == ["mean_prediction"]


def test_a_task_without_groups_to_compare_says_so(served: Window) -> None:
    with opened(served, protected=["kind"]) as read:
        answer = fairness(read.connection, read.settings, read.served, read.labels, "ranking")
    assert answer == ([], ["Fairness is not measured in a ranking task: leave `protected` out."])
