import pytest

from mdlc_local.sagemaker.tuning import rules
from mdlc_local.sagemaker.tuning.rules import Objective

LOSS, AUC = Objective(metric="loss", maximize=False), Objective(metric="auc", maximize=True)


def test_an_improvement_below_one_percent_does_not_count() -> None:
    assert rules.not_improving(LOSS, [1.0, 0.995, 0.992]) == 2
    assert rules.not_improving(LOSS, [1.0, 0.98, 1.5]) == 1
    assert rules.not_improving(AUC, [0.5, 0.6, 0.59, 0.61]) == 0


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        ({}, ""),
        ({"TargetObjectiveMetricValue": 0.8}, "target"),
        ({"TargetObjectiveMetricValue": 0.81}, ""),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, "not improving"),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 4}}, ""),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}, ""),
    ],
)
def test_the_criteria_end_a_search(criteria: dict[str, object], reason: str) -> None:
    assert rules.reason_to_end(AUC, criteria, [0.7, 0.8, 0.8, 0.75, 0.8]) == reason


def test_a_search_converges_when_nothing_improves_for_long() -> None:
    criteria = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    assert rules.reason_to_end(AUC, criteria, [0.8] * 11) == "converged"


def test_a_tuning_job_fails_after_five_attempts_or_all() -> None:
    assert rules.all_fail(5, 0, 12) and rules.all_fail(2, 0, 2)
    assert not rules.all_fail(4, 0, 12) and not rules.all_fail(6, 1, 12)


def test_a_trial_falls_behind_the_median_of_the_running_averages() -> None:
    others = [[1.0, 0.6], [1.0, 0.8], [1.0, 0.4], [1.0]]
    assert rules.falls_behind(LOSS, 0.85, 2, others)
    assert not rules.falls_behind(LOSS, 0.75, 2, others)
    assert not rules.falls_behind(LOSS, 9.0, 2, others[:2])
    assert not rules.falls_behind(AUC, 0.85, 2, others)
