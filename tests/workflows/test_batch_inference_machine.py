"""The batch inference machine as plain data: no CDK, no Node."""

import json
from dataclasses import replace

import pytest

from mdlc_constructs import QualityRules
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.states import Task
from mdlc_constructs.workflows.batch_inference.machine import BatchInferenceSettings, batch_inference_machine
from tests.workflows.settings import BATCH

HAPPY_PATH = (
    "Plan",
    "Resume",
    "CreateModel",
    "CheckInput",
    "InputVerdict",
    "PrepareInput",
    "ScoreInput",
    "CheckOutput",
    "OutputVerdict",
    "PublishManifest",
    "PointChampion",
    "RecordAudit",
    "PublishEvent",
)


def test_the_happy_path_follows_from_state_to_state() -> None:
    states = batch_inference_machine(BATCH).to_asl()["States"]
    assert isinstance(states, dict)
    path = ["Plan"]
    while "End" not in states[path[-1]]:
        path.append(states[path[-1]].get("Next") or states[path[-1]]["Default"])
    assert tuple(path) == HAPPY_PATH


def test_the_machine_passes_every_check() -> None:
    machine = batch_inference_machine(BATCH)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_manifest_is_published_after_the_check_and_nothing_else_writes_one() -> None:
    machine = batch_inference_machine(BATCH)
    assert machine.state("OutputVerdict").to_asl()["Default"] == "PublishManifest"
    writers = [s.name for s in machine.walk() if "manifest.json" in json.dumps(getattr(s, "arguments", None))]
    assert writers == []  # the key comes from the plan; only the copy may write it
    grants = [
        s.name
        for s in machine.walk()
        if isinstance(s, Task) and any("manifest.json" in r for st in s.statements for r in st.resources)
    ]
    assert grants == ["PublishManifest"]


def test_neither_label_nor_what_is_known_afterwards_is_asked_of_a_batch() -> None:
    rules = QualityRules(ranges={"dep_delay": (0, 10), "distance": (0, 5000)})
    plan = json.loads(json.dumps(replace(BATCH, quality=rules).to_plan()))
    assert plan["dataset"]["label"] is None
    assert set(plan["dataset"]["columns"]) == {"time_hour", "flight_id", "distance"}
    assert plan["quality"]["ranges"] == {"distance": [0, 5000]}


def test_one_row_is_enough_to_be_scored_unless_more_are_asked_for() -> None:
    def asked(settings: BatchInferenceSettings) -> object:
        quality = settings.to_plan()["quality"]
        assert isinstance(quality, dict)
        return quality["minimum_rows"]

    assert asked(BATCH) == 1
    assert asked(replace(BATCH, quality=QualityRules(minimum_rows=60))) == 60


def test_shards_run_in_parallel_within_the_bound() -> None:
    machine = batch_inference_machine(replace(BATCH, max_parallel=7))
    assert machine.state("ScoreInput").to_asl()["MaxConcurrency"] == 7


@pytest.mark.parametrize("bound", [0, 41, True])
def test_a_bound_that_an_inline_map_cannot_keep_is_refused(bound: int) -> None:
    with pytest.raises(ValueError, match="max_parallel="):
        replace(BATCH, max_parallel=bound)


def test_a_release_may_be_the_one_that_moves_the_champion() -> None:
    names = {state.name for state in batch_inference_machine(replace(BATCH, moves_champion=False)).states}
    assert "PointChampion" not in names
