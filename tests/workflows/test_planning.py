"""How much a plan's settings may be: what a state may be given, to the byte, and not less."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs import Dataset, QualityRules
from mdlc_constructs.asl.sizes import MAX_DATA_BYTES
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from mdlc_constructs.workflows.planning import plan
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.training.machine import training_machine
from tests.workflows.settings import BATCH, DATASET, MONITORING, TRAINING
from tests.workflows.test_real_time_inference_machine import RELEASE

EXECUTION = "arn:aws:states:us-east-1:111111111111:execution:m-training:1"
BOUND = {
    "Planner": "arn:aws:lambda:us-east-1:111111111111:function:S-FunctionsPlanTraining1A2B3C4D-abcdefghijkl",
    "Bucket": "stack-modelbucket1a2b3c4d-abcdefghijkl",
    "AuditTable": "Stack-ModelAudit1A2B3C4D-ABCDEFGHIJKL",
    "PackageGroup": "m",
}


def planned(text: str) -> Any:
    return plan(
        model="m",
        settings={"dataset": {"label": text}},
        requests={},
        bound={},
        verdicts=(),
        function_arn="${Planner}",
    )


def run_bytes(state: Any) -> int:
    """Bytes of the arguments of a run by hand: everything bound, an execution's shortest values."""
    text = json.dumps(state.arguments, separators=(",", ":"), ensure_ascii=False)
    for name, value in BOUND.items():
        text = text.replace(f"${{{name}}}", value)
    values = {
        '"{% $states.context.Execution.Input %}"': "{}",
        '"{% $states.context.Execution.Id %}"': json.dumps(EXECUTION),
        '"{% $states.context.Execution.StartTime %}"': json.dumps("2026-01-01T00:00:00.000Z"),
        '"{% $exists($states.input.taken) ? $states.input.taken : null %}"': "null",
    }
    for expression, value in values.items():
        assert expression in text
        text = text.replace(expression, value)
    return len(text.encode())


def test_the_limit_is_what_runs_to_a_few_bytes() -> None:
    longest = "x"
    step = MAX_DATA_BYTES
    while step:
        try:
            planned(longest + "x" * step)
            longest += "x" * step
        except ValueError:
            step //= 2
    # Nothing is refused that runs, and of what does not run little is taken: longer names of a deployment.
    assert MAX_DATA_BYTES <= run_bytes(planned(longest)) <= MAX_DATA_BYTES + 200
    with pytest.raises(ValueError, match=f"would be given {MAX_DATA_BYTES + 1} bytes"):
        planned(longest + "x")


def wide(columns: int, name: str) -> Dataset:
    return replace(DATASET, columns={**DATASET.columns, **{f"{name}{n}": "number" for n in range(columns)}})


MACHINES = {
    "training": lambda dataset: training_machine(replace(TRAINING, dataset=dataset)),
    "batch": lambda dataset: batch_inference_machine(replace(BATCH, dataset=dataset)),
    "release": lambda dataset: release_machine(replace(RELEASE, dataset=dataset)),
    "monitoring": lambda dataset: monitoring_machine(replace(MONITORING, dataset=dataset)),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_thousand_long_columns_are_planned_and_three_thousand_are_refused(name: str) -> None:
    MACHINES[name](wide(1000, "total_amount_of_the_last_thirty_days_in_shop_"))
    with pytest.raises(ValueError, match="dataset: the state Plan would be given") as error:
        MACHINES[name](wide(3200, "total_amount_of_the_last_thirty_days_in_shop_"))
    assert str(error.value).endswith(
        " of them for dataset, and Step Functions gives a state 262144 at the most: leave columns that "
        "nothing is learned from out of columns (files may hold more), or give columns shorter names."
    )


def test_bytes_count_and_not_characters() -> None:
    training_machine(replace(TRAINING, dataset=wide(2000, "x" * 40)))
    with pytest.raises(ValueError, match="dataset: the state Plan would be given"):
        training_machine(replace(TRAINING, dataset=wide(2000, "é" * 40)))


def test_what_is_largest_is_named() -> None:
    rules = QualityRules(accepted_values={"distance": tuple(f"{n:05}" for n in range(40_000))})
    with pytest.raises(ValueError, match=r"^quality: .* give fewer ranges and accepted_values"):
        training_machine(replace(TRAINING, quality=rules))
