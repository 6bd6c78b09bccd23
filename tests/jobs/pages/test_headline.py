from dataclasses import replace
from typing import Any

import pytest

from jobs.findings import Finding
from jobs.monitoring.accuracy import labelled_rows, measure
from jobs.monitoring.changes import changes
from jobs.monitoring.drift_comparison import compare
from jobs.monitoring.reference import read_reference
from jobs.monitoring.summary import MonitoringResult
from jobs.pages.headline import BAD, GOOD, LOOK, UNKNOWN, headline
from tests.jobs.monitoring.windows import FEATURES, Window, event, opened, rows

pytestmark = pytest.mark.slow


def found(window: Window, **monitor: Any) -> MonitoringResult:
    with opened(window, **monitor) as read:
        reference = read_reference(window.folder / "baseline", read.settings.package)
        truth, _ = labelled_rows(read.connection, read.settings, "binary")
        metrics, _ = measure(truth, read.settings)
        return MonitoringResult(
            plan=read.plan,
            settings=read.settings,
            served=read.served,
            labels=read.labels,
            reference=reference,
            drifting=compare(read.connection, read.settings, read.served, FEATURES, reference, None),
            metrics=metrics,
            changes=changes(metrics, reference.performance["metrics"], truth, None, alpha=0.01),
            notes=read.served.notes,
        )


def holdout(window: Window, auc: float, half: float = 0.01) -> None:
    metrics = {"auc": {"value": auc, "low": auc - half, "high": auc + half}}
    window.baseline(rows(1000, seed=9), performance={"metrics": metrics})


def test_all_is_quiet(served: Window) -> None:
    words, said = headline(found(served))
    assert words == "All quiet" and {sentence.level for sentence in said} == {GOOD}
    assert (
        said[0].text.startswith("AUC is 0.714 (0.6") and "as good as the 0.720 of the holdout" in said[0].text
    )
    assert said[1].text == "None of 4 inputs drifted from the training data."


def test_accuracy_that_fell_comes_first(served: Window) -> None:
    holdout(served, 0.9)
    words, said = headline(found(served))
    assert words == "The model got worse"
    assert said[0].level == BAD and "worse than the 0.900 of the holdout" in said[0].text


def test_a_few_labels_say_little(window: Window) -> None:
    made = rows(300)
    window.capture(event(row) for row in made)
    window.label(made[:30])
    holdout(window, 0.99, half=0.001)
    words, said = headline(found(window))
    assert said[0].level == UNKNOWN and "Only 30 rows are labelled" in said[0].text
    assert words == "Quiet so far"


def test_without_labels_there_is_the_estimate(window: Window) -> None:
    window.capture(event(row) for row in rows(300))
    words, said = headline(replace(found(window), estimate={"metrics": {"auc": 0.7}}))
    assert words == "Quiet so far"
    assert said[0].text == (
        "Accuracy is not known: no row has a label yet. An estimate without labels is 0.700."
    )


def test_inputs_that_changed(window: Window) -> None:
    window.capture(event({**row, "kind": "b"}) for row in rows(300))
    words, said = headline(found(window))
    assert words == "Inputs changed, accuracy not known yet"
    assert (
        said[1].level == LOOK and said[1].text == "1 of 4 inputs drifted from the training data, most: kind."
    )


def test_answers_that_changed(window: Window) -> None:
    window.capture(event({**row, "score": row["score"] / 4}) for row in rows(300))
    _, said = headline(found(window))
    assert any("answers are distributed differently" in sentence.text for sentence in said)


def test_what_else_asks_for_a_look(served: Window) -> None:
    quiet = found(served)
    skew = {"rows_compared": 9, "features": {}, "skewed": ["a", "b", "c", "d"]}
    words, said = headline(replace(quiet, skew=skew, findings=[Finding(rule="r", message="Bad values.")]))
    assert words == "Inputs need a look, accuracy holds"
    assert said[-2].text == "Served otherwise than known offline: a, b, c and 1 more."
    assert said[-1].text == "1 data quality rules are broken: Bad values."


def test_nothing_to_judge(window: Window) -> None:
    assert headline(found(window))[0] == "No traffic to judge"


@pytest.mark.parametrize(
    ("auc", "half", "how"),
    [(0.72, 0.01, "same"), (0.9, 0.01, "worse"), (0.5, 0.01, "better"), (0.8, 0.3, "same")],
)
def test_changes_beyond_chance(served: Window, auc: float, half: float, how: str) -> None:
    holdout(served, auc, half)
    assert found(served).changes == {"auc": how}


def test_nothing_to_compare_with(served: Window) -> None:
    served.baseline(rows(500, seed=9), performance={"metrics": {"auc": {"value": None}}})
    assert found(served).changes == {}
    assert headline(found(served))[1][0].text.endswith("the baseline tells none to compare with.")
