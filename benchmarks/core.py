"""Times the pure core: `python -m benchmarks.core NUMBER` builds and checks that many pairs of machines."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from time import process_time

from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import BuiltInAlgorithm, Gate
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.workflows.batch_inference.machine import (
    BatchInferenceSettings,
    batch_inference_machine,
)
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds for the first pair of machines, and for all of them."""

    first: float
    all: float


def build(number: int) -> Cost:
    """Build and check the training and the batch inference machine of that many models; returns the cost."""
    bindings = {name: "value" for machine in _pair("any", {}) for name in machine.placeholders()}
    start = process_time()
    first = 0.0
    for index in range(number):
        for machine in _pair(f"model-{index}", bindings):
            check(machine)
        first = first or process_time() - start
    return Cost(first=first, all=process_time() - start)


def _pair(name: str, bindings: Mapping[str, str]) -> tuple[Machine, Machine]:
    training = TrainingSettings(
        model=name,
        dataset=flights("s3://data/raw/training/"),
        algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200),
        split=split(),
        quality=rules(),
        gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
    )
    batch = BatchInferenceSettings(model=name, dataset=flights("s3://data/raw/batch/"), quality=rules())
    return (
        training_machine(training, bindings=bindings),
        batch_inference_machine(batch, bindings=bindings),
    )


if __name__ == "__main__":
    cost = build(int(sys.argv[1]))
    print(cost.first, cost.all)
