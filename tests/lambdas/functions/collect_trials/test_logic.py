import json
import math
from dataclasses import replace
from typing import Any

import pytest

from lambdas.functions.collect_trials import logic
from lambdas.functions.collect_trials.logic import TrialsFailed
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.tuning import Trial, Trials, TrialsRequest
from tests.lambdas.functions.collect_trials.trialled import DESCRIBED, summary

REQUEST = TrialsRequest(bucket="b", jobs=("m-tune-a", "m-tune-a-2"), trials="s3://b/trials.json")


def trials(*summaries: dict[str, Any]) -> list[Trial]:
    return [logic.trial(each, "m-tune-a") for each in summaries]


def test_the_best_trial_is_chosen_and_all_are_kept() -> None:
    every = trials(
        summary(1, 0.7), summary(2, 0.9, "Failed"), summary(3, 0.8), summary(4, 0.8), summary(5, math.nan)
    )
    known = logic.collected(REQUEST, DESCRIBED, every)
    assert known.best == "m-tune-a-003-0" and known.hyperparameters == {"num_round": "9"}
    assert json.loads(known.tuned.hyperparameters) == {"eta": "0.3", "num_round": "9"}
    assert (known.tuned.value, known.tuned.number, known.tuned.uri) == ("0.8", 5, "s3://b/trials.json")
    rows = json.loads(known.tuned.trials)
    assert [row["value"] for row in rows] == [0.7, 0.9, 0.8, 0.8, None]
    assert decode(Trials, json.loads(logic.as_json(known))) == known


def test_a_stopped_trial_with_a_metric_may_be_the_best() -> None:
    stopped = trials(summary(1, 0.8, "Stopped"), summary(2, 0.9, "Stopped"), summary(3, None, "Stopped"))
    assert logic.collected(REQUEST, DESCRIBED, stopped).best == "m-tune-a-002-0"
    every = [*stopped, *trials(summary(4, 0.8))]
    assert logic.collected(REQUEST, DESCRIBED, every, {"m-tune-a-002-0"}).best == "m-tune-a-004-0"
    with pytest.raises(TrialsFailed, match="None of the 3 trials of the tuning job m-tune-a-2 has a model"):
        logic.collected(REQUEST, DESCRIBED, stopped, {"m-tune-a-001-0", "m-tune-a-002-0"})


def test_what_the_image_reads_is_no_hyperparameter_of_the_script() -> None:
    definition = {"StaticHyperParameters": {"trees": "9", "sagemaker_program": "mdlc_train.py"}}
    known = logic.collected(
        REQUEST, {**DESCRIBED, "TrainingJobDefinition": definition}, trials(summary(1, 0.7))
    )
    assert json.loads(known.tuned.hyperparameters) == {"eta": "0.1", "trees": "9"}


def test_a_lower_metric_may_be_better() -> None:
    assert logic.best_of(trials(summary(1, 0.7), summary(2, 0.9)), "Minimize") == trials(summary(1, 0.7))[0]


def test_too_many_trials_for_the_audit_are_left_to_the_file() -> None:
    (one,) = trials(summary(1, 0.7))
    assert logic.for_audit([one] * 2000) == ""
    assert len(logic.for_audit([replace(one, hyperparameters={"eta": "0.12345678901234"})] * 750)) > 0


def test_trials_that_all_fail_say_why_in_a_sentence() -> None:
    every = trials(*(summary(n, None, "Failed", FailureReason="AlgorithmError:\n no data.") for n in (1, 2)))
    with pytest.raises(TrialsFailed) as error:
        logic.collected(REQUEST, DESCRIBED, every)
    sentence = "2 of 2 trials of m-tune-a-2 failed, the first, m-tune-a-001-0: AlgorithmError: no data."
    assert str(error.value) == sentence
    failure = logic.explained(replace(REQUEST, error="States.TaskFailed", cause="{}"), every)
    assert (failure.error, failure.cause) == ("TrialsFailed", sentence)


def test_a_failure_that_no_trial_explains_stays_as_it_was() -> None:
    request = replace(REQUEST, error="SageMaker.ValidationException", cause="no such role")
    for every in ([], trials(summary(1, 0.7), summary(2, None, "Failed"))):
        failure = logic.explained(request, every)
        assert (failure.error, failure.cause) == ("SageMaker.ValidationException", "no such role")


def test_a_search_without_a_metric_or_a_trial_says_so() -> None:
    assert "None of the 1 trials" in logic.sentence("t", trials(summary(1, None)))
    assert logic.sentence("t", []) == "The tuning job t started no trial."
