import json
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputError
from jobs.evaluation.trials import read_trials, to_json, trained_by_best
from jobs.plan import Plan
from lambdas.functions.collect_trials import logic
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan
from mdlc_constructs.settings.payloads.tuning import TrialsRequest
from tests.lambdas.functions.collect_trials.trialled import DESCRIBED, summary
from tests.workflows.settings import DATASET


def written(folder: Path) -> Path:
    """The file as the function leaves it."""
    every = [logic.trial(summary(number, 0.5 + number / 10), "m-tune-a") for number in (1, 2)]
    known = logic.collected(TrialsRequest(bucket="b", jobs=("m-tune-a",)), DESCRIBED, every)
    (folder / "trials.json").write_bytes(logic.as_json(known))
    return folder


def plan(**changes: Any) -> Plan:
    algorithm = AlgorithmSection(image="i", hyperparameters={"num_round": "9"}, name="xgboost")
    data = DataSection(version="v", files=())
    return Plan(
        payload=JobPlan(
            workflow="training",
            model="m",
            dataset=DATASET.to_plan(),
            data=data,
            algorithm=algorithm,
            **changes,
        )
    )


def test_the_model_is_the_best_trials(tmp_path: Path) -> None:
    trials = read_trials(written(tmp_path))
    best = trained_by_best(plan(training_job="m-tune-a"), trials)
    assert best.training_job == "m-tune-a-002-0"
    assert best.algorithm is not None
    assert best.algorithm.hyperparameters == {"eta": "0.2", "num_round": "9"}
    assert trials is not None
    document = to_json(trials)
    assert "tuned" not in document and len(document["trials"]) == 2 and json.dumps(document)


def test_without_trials_the_plan_stays(tmp_path: Path) -> None:
    assert read_trials(None) is None and read_trials(tmp_path) is None
    same = plan()
    assert trained_by_best(same, None) is same


def test_a_file_that_holds_no_trials_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trials.json").write_text('{"best": 3}')
    with pytest.raises(InputError, match="is no file of trials"):
        read_trials(tmp_path)
