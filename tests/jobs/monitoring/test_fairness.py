from typing import Any

import numpy as np
import pytest

from jobs.monitoring.fairness import Difference, fairness
from jobs.monitoring.intervals import corrected_z
from tests.jobs.monitoring.windows import Opened, Row, Window, event, opened, rows

pytestmark = pytest.mark.slow

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
        answer = fairness(read.connection, read.settings, read.served, read.labels, "forecast")
    assert answer == ([], ["Fairness is not measured in a forecast task: leave `protected` out."])


RANKING: dict[str, Any] = {"task": "ranking", "group": "who", "entity": None, "known_after": []}


def searches(number: int, *, lift: float = 0.0) -> list[Row]:
    """Rows of searches of ten; the scores of group b are higher by a lift."""
    return [
        {**row, "who": f"s{place // 10}", "y": place % 4, "score": row["score"] + lift * (row["kind"] == "b")}
        for place, row in enumerate(rows(10 * number))
    ]


def ranked(window: Window, made: list[Row], **monitor: object) -> tuple[dict[str, Difference], list[str]]:
    window.capture(event(row) for row in made)
    window.label(made)
    return found(window, protected=["kind"], dataset=RANKING, **monitor)


def test_a_ranking_is_compared_by_who_is_among_the_first(window: Window) -> None:
    made = searches(60, lift=0.3)
    differences, notes = ranked(window, made)
    assert list(differences) == ["top_5_rate", "relevant_top_5_rate"] and notes == []
    first = set()
    for search in {row["who"] for row in made}:
        members = sorted((row for row in made if row["who"] == search), key=lambda row: -row["score"])
        first |= {row["id"] for row in members[:5]}
    for measure, least in (("top_5_rate", 0), ("relevant_top_5_rate", 1)):
        one = differences[measure]
        rates = {
            kind: np.mean([row["id"] in first for row in made if row["kind"] == kind and row["y"] >= least])
            for kind in ("b", one.lower)
        }
        assert (one.higher, one.certain, one.groups) == ("b", True, 3), measure
        assert one.difference == pytest.approx(rates["b"] - rates[one.lower])


def test_the_interval_of_a_ranking_is_of_whole_searches(window: Window) -> None:
    """By the jackknife over searches, which counts that rows of a search compete for its places."""
    made = searches(60)
    one = ranked(window, made)[0]["top_5_rate"]
    names = sorted({row["who"] for row in made})
    counts = np.zeros((len(names), 2, 2))  # search; higher or lower; rows and those among the first
    for place, search in enumerate(names):
        members = sorted((row for row in made if row["who"] == search), key=lambda row: -row["score"])
        for rank, row in enumerate(members):
            for side, kind in enumerate((one.higher, one.lower)):
                counts[place, side] += np.array([1, rank < 5]) * (row["kind"] == kind)
    without = counts.sum(axis=0) - counts
    gaps = without[:, 0, 1] / without[:, 0, 0] - without[:, 1, 1] / without[:, 1, 0]
    deviation = np.sqrt((len(names) - 1) * np.var(gaps))
    # Two measures of three pairs each.
    assert (one.high - one.low) / 2 == pytest.approx(corrected_z(6) * deviation, rel=0.05)


def test_equal_scores_share_the_first_places(window: Window) -> None:
    made = [{**row, "score": 0.5} for row in searches(60)]
    one = ranked(window, made)[0]["top_5_rate"]
    assert one.difference == 0.0 and not one.certain


def test_rankings_that_are_few_or_short_say_nothing(window: Window) -> None:
    made = [{**row, "who": f"s{place // 5}"} for place, row in enumerate(rows(600))]
    differences, notes = ranked(window, made)
    assert differences == {} and notes == [
        "Fairness of 'kind': fewer than two groups have 50 rows in 10 rankings of more than 5 rows "
        "to measure it by."
    ]
