"""A job's name follows from everything that the job may read, and the job may read nothing else."""

import contextlib
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from jobs import plan as jobs_plan
from jobs.cli import COMMANDS
from jobs.errors import PlanError
from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_batch import logic as batch
from lambdas.functions.plan_monitoring import logic as monitoring
from lambdas.functions.plan_monitoring.windows import DueWindow, Window
from lambdas.functions.plan_release import logic as release
from lambdas.functions.plan_training import logic as training
from lambdas.planning import steps
from lambdas.planning.sources import SourceFile
from lambdas.probing.rows import CaptureFile
from mdlc_constructs.settings.delivery import LookUpTable
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.settings.payloads.batch import BatchPlannerRequest
from mdlc_constructs.settings.payloads.codec import PayloadError, decode, encode
from mdlc_constructs.settings.payloads.job_plan import SECTIONS_BY_JOB
from mdlc_constructs.settings.payloads.monitoring import MonitoringPlannerRequest
from mdlc_constructs.settings.payloads.release import ReleasePlannerRequest
from mdlc_constructs.settings.payloads.training import TrainingInput, TrainingPlannerRequest
from mdlc_constructs.settings.quality_rules import QualityRules
from tests.lambdas.functions.plan_training.test_logic import CHAMPION, event, work
from tests.workflows.settings import BATCH as BATCH_INFERENCE
from tests.workflows.settings import MONITORING as MONITORED
from tests.workflows.settings import TRAINING

HOME = {"bucket": "b", "table": "t", "group": "m"}
EXECUTION = {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"}
FILE = SourceFile(name="a.csv", size=5, algorithm="CRC32", value="x")
"""One file, as every kind of plan lists it."""


def test_jobs_and_planners_have_one_table() -> None:
    assert set(SECTIONS_BY_JOB) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(SECTIONS_BY_JOB))
def test_a_job_that_reads_more_than_its_name_follows_from_fails(command: str) -> None:
    document = {
        "schema_version": 1,
        "workflow": "training",
        "model": "m",
        "run": "r",
        "dataset": SETTINGS["dataset"],
        "data": {"version": "v", "files": []},
    }
    plan = jobs_plan.parse_plan(document).read_by(command)
    assert (plan.model, plan.run, plan.training) == ("m", "r", True)
    read = {
        "data_version": "data", "files": "data", "requested": "split", "split": "split",
        **{name: name for name in ("dataset", "quality", "gate", "evaluation", "champion", "package")},
        **{name: name for name in ("predicted_at", "golden", "delivery", "monitor", "previous", "channels")},
    }  # fmt: skip
    for attribute, section in read.items():
        refusal = ""
        try:
            getattr(plan, attribute)
        except PlanError as error:  # the plan of this test holds few sections
            refusal = str(error)
        refused = f"The {command} job reads {section} of the plan" in refusal
        assert refused == (section not in SECTIONS_BY_JOB[command])


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The paths of everything in a document that is no object or list with something in it."""
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    found = False
    for key, one in items:
        found = True
        yield from leaves(one, (*path, key))
    if not found:
        yield path


PARTS = {"train": {"end": "2013-01-01"}, "validation": {"start": "2013-01-01", "end": "2013-02-01"}}
CANDIDATES = (
    *("another", 7, 0.5, True, False, ["another"]),
    *({"another": 1}, {"another": ["a"]}, {"another": [0]}, {**PARTS, "holdout": {"start": "2013-02-01"}}),
)
OF_A_LITERAL = ("batch", "events", "inference_id")


def changed(document: Any, path: tuple[object, ...], name: Callable[[Any], str]) -> str:
    """The name that follows from a copy of a document with another value there, of a type it may have."""
    for candidate in (*CANDIDATES, *OF_A_LITERAL):
        other = copy.deepcopy(document)
        place = other
        for key in path[:-1]:
            place = place[key]
        if place[path[-1]] == candidate:
            continue
        place[path[-1]] = candidate
        with contextlib.suppress(PayloadError):
            return name(other)
    raise AssertionError(f"{path} takes no other value")


SETTINGS: dict[str, Any] = {
    **TRAINING.to_plan(),
    "quality": encode(QualityRules(ranges={"distance": (0, 1)}).to_plan()),
}


def trained(settings: dict[str, Any], command: str) -> str:
    made = work(event(settings=settings), (FILE,), CHAMPION)
    return {"quality": made.quality, "features": made.features, "evaluate": made.evaluate}[command]


@pytest.mark.parametrize("command", ["quality", "features", "evaluate"])
def test_whatever_a_training_job_reads_changes_its_name(command: str) -> None:
    base = trained(SETTINGS, command)
    paths = [one for one in leaves(SETTINGS) if one[0] in SECTIONS_BY_JOB[command]]
    assert len(paths) > 5
    for path in paths:
        assert changed(SETTINGS, path, lambda other: trained(other, command)) != base, path


def test_the_window_and_the_holdout_that_an_execution_is_given_change_what_is_checked() -> None:
    """A refused holdout hour made every later training on that data `DataRefused`, and no job ran."""
    inputs: list[dict[str, Any]] = [
        {},
        {"window": {"start": "2013-02-01T00:00:00"}},
        {"window": {"end": "2013-12-01T00:00:00"}},
        {"holdout": {"start": "2013-11-01T00:00:00", "end": "2013-11-01T01:00:00"}},
        {"holdout": {"start": "2013-11-01T00:00:00", "end": "2013-12-01T00:00:00"}},
    ]
    names = {work(event(input=given), (FILE,), None).quality for given in inputs}
    assert len(names) == len(inputs)
    # What says why it was started changes nothing.
    asked = event(input={"reason": "because", "trigger": "t", "request_id": "r"})
    assert work(asked, (FILE,), None) == work(event(), (FILE,), None)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHAMPION, program={"features": ["other"]}),
        replace(CHAMPION, package_arn="arn:p/4"),
        replace(CHAMPION, version=4),
        None,
    ],
)
def test_another_champion_is_prepared_and_judged_anew(other: training.Champion | None) -> None:
    before, after = (work(event(), (FILE,), one) for one in (CHAMPION, other))
    assert (before.features, before.evaluate) != (after.features, after.evaluate)
    assert before.features != after.features and before.evaluate != after.evaluate
    assert (before.train, before.quality, before.run) == (after.train, after.quality, after.run)


def test_other_rules_of_quality_write_the_baseline_of_their_own_run() -> None:
    """The baseline lies below the run: an evaluation that was adopted would have left none there."""
    before, after = (
        work(
            event(settings={**SETTINGS, "quality": {**SETTINGS["quality"], "minimum_rows": rows}}),
            (FILE,),
            None,
        )
        for rows in (1, 2)
    )
    assert before.run != after.run and before.evaluate != after.evaluate
    assert before.train == after.train


def package(**changes: Any) -> Package:
    given = {
        "arn": "arn:p/1",
        "version": 1,
        "status": "Approved",
        "image": "i",
        "artifact": "s3://b/a",
        "environment": {},
        "metadata": {"program": "s3://b/p/", "model": "m-model", "run": "r"},
        **changes,
    }
    return Package(**given)


BATCH: dict[str, Any] = {
    **BATCH_INFERENCE.to_plan(),
    "quality": SETTINGS["quality"],
    "parallel": 2,
    "delivery": encode(LookUpTable().to_plan()),
}
ABSENT = steps.Job(status="Absent")


def scored(settings: Mapping[str, Any], of: Package | None = None) -> dict[str, str]:
    document = {
        "model": "m",
        "settings": settings,
        "requests": dict.fromkeys(("CheckInput", "PrepareInput", "ScoreInput", "CheckOutput"), "r"),
        "bound": {},
        "home": HOME,
        "execution": EXECUTION,
        "taken": None,
    }
    request, of = decode(BatchPlannerRequest, document), of or package()
    shard_of = batch.shards((FILE,), 2)
    look_up: dict[str, Callable[[str], steps.Job]] = dict.fromkeys(
        ("processing", "training", "transform", "model", "config"), lambda name: ABSENT
    )
    body = batch.job_plan(request, (FILE,), of, shard_of)
    plan = batch.decide(request, body, shard_of, of, lambda run: None, LookUps(**look_up))
    return {**plan.names, "run": plan.run}


STEP_OF = {"quality": "CheckInput", "prepare": "PrepareInput", "check": "CheckOutput"}


@pytest.mark.parametrize("command", sorted(STEP_OF))
def test_whatever_a_batchs_job_reads_changes_its_name(command: str) -> None:
    base = scored(BATCH)
    paths = [one for one in leaves(BATCH) if one[0] in SECTIONS_BY_JOB[command]]
    assert len(paths) > 4
    for path in paths:
        name = changed(BATCH, path, lambda other: scored(other)[STEP_OF[command]])
        assert name != base[STEP_OF[command]], path
    for other in (package(arn="arn:p/2"), package(version=2)):
        assert scored(BATCH, other)["CheckOutput"] != base["CheckOutput"]


def test_other_rules_for_a_batchs_input_write_the_result_of_their_own_run() -> None:
    """The parts lie below the run: a check that was adopted would have left none there."""
    before = scored(BATCH)
    after = scored({**BATCH, "quality": {**BATCH["quality"], "minimum_rows": 2}})
    assert before["run"] != after["run"] and before["CheckOutput"] != after["CheckOutput"]
    assert before["PrepareInput"] == after["PrepareInput"]


def test_whatever_the_golden_job_reads_changes_its_name() -> None:
    settings = {
        "dataset": SETTINGS["dataset"],
        "golden": {"tolerance": 0.1, "share": 0.9},
        "endpoint": {"name": "m", "variant": "main", "instance_type": None, "scaled": False},
    }
    document = {"model": "m", "requests": {}, "bound": {}, "home": HOME, "execution": EXECUTION}

    def name(given: Mapping[str, Any], rows: SourceFile = FILE, of: Package | None = None) -> str:
        request = decode(ReleasePlannerRequest, {**document, "settings": given})
        return steps.digest(
            steps.digest_sections("golden", release.golden_plan(request, rows, of or package()))
        )

    base = name(settings)
    for path in leaves(settings):
        if path[0] != "endpoint":
            assert changed(settings, path, name) != base, path
    assert name(settings, rows=replace(FILE, value="y")) != base
    assert name(settings, of=package(version=2)) != base


MONITORING: dict[str, Any] = {
    **MONITORED.to_plan(),
    "labels": encode(Labels(uri="s3://labels/b/").to_plan(MONITORED.dataset)),
}


def test_whatever_the_monitor_job_reads_changes_its_name() -> None:
    window = Window.of_id("20260101T000000Z_20260102T000000Z")
    source = monitoring.WindowSource(
        due=DueWindow(window=window, why="given"),
        captured=(CaptureFile(key="c", size=1),),
        labels=(FILE,),
        package=package(),
        baseline="s3://b/baseline/",
    )

    def name(
        settings: Mapping[str, Any], of: monitoring.WindowSource = source, before: Window | None = None
    ) -> str:
        document = {
            "model": "m",
            "settings": settings,
            "requests": {monitoring.STEP: "r"},
            "bound": {},
            "home": HOME,
            "execution": EXECUTION,
        }
        return monitoring.window_digest(decode(MonitoringPlannerRequest, document), of, before)

    base = name(MONITORING)
    for path in leaves({name: MONITORING[name] for name in ("dataset", "quality", "monitor")}):
        assert changed(MONITORING, path, name) != base, path
    others = [
        replace(source, captured=(CaptureFile(key="c", size=2),)),
        replace(source, captured=(CaptureFile(key="d", size=1),)),
        replace(source, labels=(replace(FILE, value="y"),)),
        replace(source, baseline="s3://b/other/"),
        *(replace(source, package=package(**one)) for one in ({"arn": "arn:p/2"}, {"version": 2})),
    ]
    assert base not in [name(MONITORING, of=one) for one in others]
    assert name(MONITORING, before=window) != base


def test_what_a_digest_is_of_is_json() -> None:
    request = decode(TrainingPlannerRequest, event(settings=SETTINGS))
    plan = training.job_plan(request, TrainingInput(), (FILE,), CHAMPION)
    assert json.loads(json.dumps(steps.digest_sections("quality", plan))).keys() == set(
        SECTIONS_BY_JOB["quality"]
    )
