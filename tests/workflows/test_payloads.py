"""What the states of a machine read of a payload, the payload has."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.settings.experiment import Shadow
from mdlc_constructs.settings.payloads.batch import BatchPlan
from mdlc_constructs.settings.payloads.monitoring import ComputedWindow, MonitoringPlan
from mdlc_constructs.settings.payloads.planning import PlannedPackage
from mdlc_constructs.settings.payloads.release import ReleasePlan, TrialPlan
from mdlc_constructs.settings.payloads.retraining import CoalescedTriggers, RetrainingWork
from mdlc_constructs.settings.payloads.training import TrainingPlan
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from mdlc_constructs.workflows.channel_batch.machine import channel_batch_machine
from mdlc_constructs.workflows.channel_training.machine import channel_training_machine
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from mdlc_constructs.workflows.monitoring.windows import window_machine
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.training.machine import training_machine
from tests.lambdas.retraining import SETTINGS as RETRAINING
from tests.workflows.channel_settings import FILES, ON_LINES, ON_PICTURES
from tests.workflows.settings import BATCH, DATASET, MONITORING, TRAINING

RELEASE = ReleaseSettings(
    model="flights", dataset=DATASET, serving=Serving(instances=2), rollout=Shadow(pairs=50)
)
MACHINES: dict[str, Machine] = {
    "training": training_machine(TRAINING),
    "batch": batch_inference_machine(BATCH),
    "lines": channel_training_machine(ON_LINES),
    "pictures": channel_training_machine(ON_PICTURES),
    "files": channel_batch_machine(FILES),
    "release": release_machine(RELEASE),
    "monitoring": monitoring_machine(MONITORING),
    "window": window_machine(MONITORING),
    "retraining": retraining_machine(RETRAINING),
}


@pytest.mark.parametrize(
    ("machine", "variable", "payload"),
    [
        ("training", r"\$plan", TrainingPlan),
        ("batch", r"\$plan", BatchPlan),
        ("lines", r"\$plan", TrainingPlan),
        ("pictures", r"\$plan", TrainingPlan),
        ("files", r"\$plan", BatchPlan),
        ("files", r"\$plan\.package", PlannedPackage),
        ("batch", r"\$plan\.package", PlannedPackage),
        ("release", r"\$plan", ReleasePlan),
        ("release", r"\$plan\.package", PlannedPackage),
        ("release", r"\$plan\.trial", TrialPlan),
        ("monitoring", r"\$plan", MonitoringPlan),
        ("window", r"\$states\.input", ComputedWindow),
        ("retraining", r"\$gathered", CoalescedTriggers),
        ("retraining", r"\$work", RetrainingWork),
    ],
)
def test_what_states_read_the_payload_has(machine: str, variable: str, payload: Any) -> None:
    text = json.dumps(MACHINES[machine].to_asl())
    read = set(re.findall(rf"{variable}\.([a-z_]\w*)", text))
    known = {field.metadata.get("key", field.name) for field in fields(payload)}
    assert read and read - known == set()
