"""The decisions of the planner of trainings on channels, over a made-up registry of jobs."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lambdas.aws.registry import LookUps
from lambdas.functions.plan_channel_training import logic
from lambdas.functions.plan_channel_training.logic import ChannelWork
from lambdas.planning.errors import ChampionLost
from lambdas.planning.sources import SourceFile
from lambdas.planning.steps import Job, derived_name
from mdlc_constructs import Gate
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.job_plan import ChampionSection
from mdlc_constructs.settings.payloads.training import ChannelTrainingRequest
from mdlc_constructs.workflows.channel_training.settings import ChannelTrainingSettings
from tests.workflows.channel_settings import ON_LINES, ON_PICTURES


def file(name: str, value: str = "x") -> SourceFile:
    return SourceFile(name=name, size=5, algorithm="CRC32", value=value)


FILES = (file("data-train/a.txt"), file("data-validation/b.txt"), file("data-holdout/c.txt"))
STEPS = ("CheckQuality", "Train", "CreateModel", "ScoreHoldout", "Evaluate")
LABELS = ("quality", "train", "model", "score", "evaluate")
CHAMPION = ChampionSection(package_arn="arn:p/3", version=3, model="m-model-old", program=None)
PASSED = json.dumps({"passed": True, "reasons": [], "metrics": {}})


def request_of(settings: ChannelTrainingSettings = ON_LINES) -> ChannelTrainingRequest:
    document: dict[str, Any] = {
        "model": "m",
        "settings": settings.to_plan(),
        "requests": {step: f"request of {step}" for step in STEPS},
        "bound": {"Bucket": "b"},
        "home": {"bucket": "b", "table": "t", "group": "m"},
        "execution": {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"},
        "input": {},
        "taken": None,
    }
    return decode(ChannelTrainingRequest, document)


def work(
    settings: ChannelTrainingSettings = ON_LINES,
    files: Sequence[SourceFile] = FILES,
    champion: ChampionSection | None = None,
) -> ChannelWork:
    request = request_of(settings)
    return logic.work(request, logic.job_plan(request, files, champion))


def decided(
    found: dict[str, Job],
    settings: ChannelTrainingSettings = ON_LINES,
    champion: ChampionSection | None = None,
    recorded: dict[str, str] | None = None,
) -> dict[str, Any]:
    def look_up(name: str) -> Job:
        return found.get(name, Job(status="Absent"))

    every = LookUps(processing=look_up, training=look_up, transform=look_up, model=look_up, config=look_up)
    request = request_of(settings)
    body = logic.job_plan(request, FILES, champion)
    return encode(logic.decide(request, body, logic.work(request, body), recorded, every))


def done(*labels: str, settings: ChannelTrainingSettings = ON_LINES) -> dict[str, Job]:
    digests = vars(work(settings))
    return {
        derived_name("m", label, digests[label]): Job(status="Completed", exit_message=PASSED)
        for label in labels
    }


@pytest.mark.parametrize(
    ("completed", "step"),
    [
        (0, "CheckQuality"),
        (1, "Train"),
        (2, "CreateModel"),
        (3, "ScoreHoldout"),
        (4, "Evaluate"),
        (5, "Register"),
    ],
)
def test_an_execution_goes_on_behind_what_is_done(completed: int, step: str) -> None:
    assert decided(done(*LABELS[:completed]))["step"] == step


@pytest.mark.parametrize(
    ("completed", "step"), [(0, "CheckQuality"), (1, "Train"), (2, "CreateModel"), (3, "Evaluate")]
)
def test_without_a_holdout_the_metrics_are_read_after_the_model(completed: int, step: str) -> None:
    plan = decided(done(*LABELS[:completed], settings=ON_PICTURES), ON_PICTURES)
    assert (plan["step"], plan["scoring"], plan["uris"]["evaluation"]) == (step, [], "")
    assert set(plan["names"]) == {"CheckQuality", "Train", "CreateModel"}


def test_a_recorded_run_is_done_and_a_refused_one_is_refused_again() -> None:
    assert decided({}, recorded={"finished_by": "arn:x"})["step"] == "Done"
    name = derived_name("m", "quality", work().quality)
    refused = Job(status="Completed", exit_message=json.dumps({"passed": False, "reasons": ["Empty."]}))
    assert decided({name: refused})["step"] == "QualityVerdict"


def test_only_what_a_step_reads_changes_its_digest() -> None:
    base = work()
    other = (*FILES[:2], file("data-holdout/c.txt", "y"))
    unseen = work(files=other)
    assert (unseen.train, unseen.model) == (base.train, base.model)
    assert unseen.quality != base.quality and unseen.score != base.score and unseen.run != base.run
    seen = work(files=(file("data-train/a.txt", "y"), *FILES[1:]))
    assert seen.train != base.train
    judged = work(replace(ON_LINES, gate=Gate(at_least={"accuracy": 0.9})))
    assert (judged.quality, judged.score) == (base.quality, base.score) and judged.run != base.run
    rival = work(champion=CHAMPION)
    assert (rival.run, rival.train) == (base.run, base.train) and rival.score != base.score
    pictures = replace(ON_PICTURES, gate=Gate(at_least={"validation:accuracy": 0.99}))
    assert work(pictures).run != work(ON_PICTURES).run and work(pictures).model == work(ON_PICTURES).model


def test_the_champion_answers_the_same_holdout_and_must_have_its_model() -> None:
    with pytest.raises(ChampionLost, match="has lost its model m-model-old"):
        decided({}, champion=CHAMPION)
    plan = decided({"m-model-old": Job(status="Completed")}, champion=CHAMPION)
    first, second = plan["scoring"]
    assert first["input"] == second["input"] == plan["uris"]["holdout"]
    assert (first["model"], second["model"]) == (plan["names"]["CreateModel"], "m-model-old")
    assert (first["output"], second["output"]) == (
        plan["uris"]["scores"] + "challenger/",
        plan["uris"]["scores"] + "champion/",
    )
