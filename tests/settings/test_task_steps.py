import re

import pytest

from mdlc_constructs.settings.payloads.tasks import TASKS
from mdlc_constructs.settings.refusal import with_article
from mdlc_constructs.settings.task_steps import STEPS, check_step, runs

BUILT = ("quality", "split", "features", "training", "evaluation", "gate")
MONITORED = (*BUILT, "batch", "drift", "closed_loop")


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_classes_and_numbers_run_in_every_step(task: str) -> None:
    assert {runs(step, task) for step in STEPS} == {"yes"}


def test_a_ranking_runs_in_every_step_but_the_estimate() -> None:
    assert [step for step in STEPS if runs(step, "ranking") != "yes"] == ["estimate"]


def test_a_forecast_runs_where_whole_series_are_answered() -> None:
    assert {runs(step, "forecast") for step in (*MONITORED, "retraining")} == {"yes"}
    assert [step for step in STEPS if runs(step, "forecast") == "no"] == [
        "endpoint", "decisions", "estimate", "fairness"
    ]  # fmt: skip


@pytest.mark.parametrize("task", ["cluster", "anomaly", "embedding"])
def test_a_task_without_labels_is_trained_up_to_the_gate(task: str) -> None:
    assert {runs(step, task) for step in BUILT} == {"yes"}
    assert {runs(step, task) for step in ("batch", "endpoint")} == {"yes"}
    assert {runs(step, task) for step in ("closed_loop", "retraining")} == {"no"}
    assert runs("drift", task) == ("yes" if task == "anomaly" else "no")


def test_a_task_has_its_article() -> None:
    assert with_article("anomaly") == "an anomaly" and with_article("ranking") == "a ranking"


def test_the_table_names_tasks() -> None:
    for step in STEPS.values():
        assert set(step.refused) <= set(TASKS)


def test_a_refusal_is_one_sentence_with_task_step_and_remedy() -> None:
    for step in STEPS.values():
        for task in step.refused:
            with pytest.raises(
                ValueError, match=re.escape(f"task='{task}': X does not take {with_article(task)}")
            ) as caught:
                check_step(step.name, task, what="X")
            assert re.search(r"use|ask|give|leave|score", str(caught.value))
            assert str(caught.value).endswith(".")


def test_a_task_that_a_step_takes_passes() -> None:
    check_step("batch", "ranking", what="batch inference")
