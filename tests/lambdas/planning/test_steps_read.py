"""A job's name follows from everything that the job may read, and the job may read nothing else."""

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
from lambdas.functions.plan_batch import logic as batch
from lambdas.functions.plan_monitoring import logic as monitoring
from lambdas.functions.plan_monitoring.captures import Captured
from lambdas.functions.plan_monitoring.windows import Wanted, Window
from lambdas.functions.plan_release import logic as release
from lambdas.functions.plan_training import logic as training
from lambdas.planning import steps
from lambdas.planning.sources import SourceFile
from mdlc_constructs.settings import LookUpTable
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import READ, MonitorRules, Thresholds
from tests.lambdas.functions.plan_training.test_logic import CHAMPION, event
from tests.lambdas.sections import DATASET, EVALUATION, GATE, QUALITY

GOLDEN = {"tolerance": 0.1, "share": 0.9}
RULES = encode(
    MonitorRules(
        kind="endpoint",
        thresholds=Thresholds(),
        segments=("a",),
        protected=(),
        least_rows=1,
        joint=True,
        sample=1,
        threshold=0.5,
        bootstrap=50,
        seed=1,
    )
)
FILE = SourceFile(name="a.csv", size=5, algorithm="CRC32", value="x")
"""One file, as every kind of plan lists it."""


def test_every_job_has_its_row() -> None:
    assert set(READ) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(READ))
def test_a_job_that_reads_more_than_its_name_follows_from_fails(command: str) -> None:
    document = {
        "schema_version": 1,
        "workflow": "training",
        "model": "m",
        "run": "r",
        "dataset": DATASET,
        "quality": QUALITY,
        "gate": GATE,
        "evaluation": EVALUATION,
        "golden": GOLDEN,
        "package": {"arn": "arn:p/1", "version": 1},
        "predicted_at": "2026-01-01T00:00:00Z",
        "monitor": {
            "rules": RULES,
            "id": "w",
            "window": {"start": "a", "end": "b"},
            "captured": [],
            "published": [],
            "labels": None,
        },
        "data": {"version": "v", "files": []},
    }
    plan = jobs_plan.parse_plan(document).read_by(command)
    assert (plan.model, plan.run, plan.training) == ("m", "r", True)
    read = {
        "data_version": "data", "files": "data", "requested": "split", "split": "split",
        **{name: name for name in ("dataset", "quality", "gate", "evaluation", "champion", "package")},
        **{name: name for name in ("predicted_at", "golden", "delivery", "monitor", "previous")},
    }  # fmt: skip
    for attribute, section in read.items():
        if section in READ[command]:
            getattr(plan, attribute)
        else:
            with pytest.raises(PlanError, match=f"The {command} job reads {section} of the plan"):
                getattr(plan, attribute)


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


def changed(document: Any, path: tuple[object, ...]) -> Any:
    """A copy of a document with another value there."""
    made = copy.deepcopy(document)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = another(path, place[path[-1]])
    return made


OTHERS = {"endpoint": "batch", "row_key": "inference_id", "table": "events"}
"""What else may stand where only some texts may."""


def another(path: tuple[object, ...], value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, list):
        return ["another"]
    if isinstance(value, Mapping):
        return {"another": ["x"] if path[-1] == "accepted_values" else 0.5}
    if path[-1] in ("shift", "keep_seconds"):
        return 1
    return OTHERS.get(str(value), "another") if path[-1] in ("kind", "by", "to") else "another"


SETTINGS = {
    "dataset": DATASET,
    "quality": QUALITY,
    "split": {"fractions": {"train": 0.7, "validation": 0.1, "holdout": 0.2}},
    "gate": GATE,
    "evaluation": EVALUATION,
}


def trained(settings: dict[str, Any], command: str) -> str:
    made = training.work(event(settings=settings), (FILE,), CHAMPION)
    return {"quality": made.quality, "features": made.features, "evaluate": made.evaluate}[command]


@pytest.mark.parametrize("command", ["quality", "features", "evaluate"])
def test_whatever_a_training_job_reads_changes_its_name(command: str) -> None:
    base = trained(SETTINGS, command)
    paths = [one for one in leaves(SETTINGS) if one[0] in READ[command]]
    assert len(paths) > 5
    for path in paths:
        assert trained(changed(SETTINGS, path), command) != base, path


def test_the_window_and_the_holdout_that_an_execution_is_given_change_what_is_checked() -> None:
    """A refused holdout hour made every later training on that data `DataRefused`, and no job ran."""
    inputs: list[dict[str, Any]] = [
        {},
        {"window": {"start": "2013-02-01T00:00:00"}},
        {"window": {"end": "2013-12-01T00:00:00"}},
        {"holdout": {"start": "2013-11-01T00:00:00", "end": "2013-11-01T01:00:00"}},
        {"holdout": {"start": "2013-11-01T00:00:00", "end": "2013-12-01T00:00:00"}},
    ]
    names = {training.work(event(input=given), (FILE,), None).quality for given in inputs}
    assert len(names) == len(inputs)
    # What says why it was started changes nothing.
    asked = event(input={"reason": "because", "trigger": "t", "request_id": "r"})
    assert training.work(asked, (FILE,), None) == training.work(event(), (FILE,), None)


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
    before, after = (training.work(event(), (FILE,), one) for one in (CHAMPION, other))
    assert (before.features, before.evaluate) != (after.features, after.evaluate)
    assert before.features != after.features and before.evaluate != after.evaluate
    assert (before.train, before.quality, before.run) == (after.train, after.quality, after.run)


def test_other_rules_of_quality_write_the_baseline_of_their_own_run() -> None:
    """The baseline lies below the run: an evaluation that was adopted would have left none there."""
    before, after = (
        training.work(event(settings={**SETTINGS, "quality": one}), (FILE,), None)
        for one in (QUALITY, {**QUALITY, "minimum_rows": 2})
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


BATCH = {
    "dataset": SETTINGS["dataset"],
    "quality": SETTINGS["quality"],
    "parallel": 2,
    "delivery": encode(LookUpTable().to_plan()),
}


def scored(settings: Mapping[str, Any], of: Package | None = None) -> dict[str, str]:
    look_up: Callable[[str], steps.Job] = lambda name: steps.Job(status="Absent")  # noqa: E731
    told = {
        "model": "m",
        "settings": settings,
        "requests": dict.fromkeys(("CheckInput", "PrepareInput", "ScoreInput", "CheckOutput"), "r"),
        "bound": {},
        "home": {"bucket": "b"},
        "taken": None,
    }
    plan = batch.decide(
        told,
        (FILE,),
        of or package(),
        lambda run: None,
        batch.LookUps(processing=look_up, transform=look_up, model=look_up),
    )
    names: dict[str, str] = plan["names"]
    return {**names, "run": plan["run"]}


STEP_OF = {"quality": "CheckInput", "prepare": "PrepareInput", "check": "CheckOutput"}


@pytest.mark.parametrize("command", sorted(STEP_OF))
def test_whatever_a_batchs_job_reads_changes_its_name(command: str) -> None:
    base = scored(BATCH)
    paths = [one for one in leaves(BATCH) if one[0] in READ[command]]
    assert len(paths) > 4
    for path in paths:
        assert scored(changed(BATCH, path))[STEP_OF[command]] != base[STEP_OF[command]], path
    for other in (package(arn="arn:p/2"), package(version=2)):
        assert scored(BATCH, other)["CheckOutput"] != base["CheckOutput"]


def test_other_rules_for_a_batchs_input_write_the_result_of_their_own_run() -> None:
    """The parts lie below the run: a check that was adopted would have left none there."""
    before = scored(BATCH)
    after = scored({**BATCH, "quality": {**QUALITY, "minimum_rows": 2}})
    assert before["run"] != after["run"] and before["CheckOutput"] != after["CheckOutput"]
    assert before["PrepareInput"] == after["PrepareInput"]


def test_whatever_the_golden_job_reads_changes_its_name() -> None:
    settings = {"dataset": SETTINGS["dataset"], "golden": GOLDEN}
    told = {"model": "m", "settings": settings, "home": {"bucket": "b"}}

    def name(given: Mapping[str, Any], rows: SourceFile = FILE, of: Package | None = None) -> str:
        plan = release.golden_plan({**told, "settings": given}, rows, of or package())
        return steps.digest(steps.read_by("golden", plan))

    base = name(settings)
    for path in leaves(settings):
        assert name(changed(settings, path)) != base, path
    assert name(settings, rows=replace(FILE, value="y")) != base
    assert name(settings, of=package(version=2)) != base


MONITORING = {
    "dataset": SETTINGS["dataset"],
    "quality": SETTINGS["quality"],
    "monitor": RULES,
    "labels": {
        "uri": "s3://b/labels/",
        "by": "row_key",
        "format": "csv",
        "delay_seconds": 1,
        "within_seconds": 2,
        "complete": 0.9,
    },
}


def test_whatever_the_monitor_job_reads_changes_its_name() -> None:
    window = Window.of_id("20260101T000000Z_20260102T000000Z")
    source = monitoring.Found(
        wanted=Wanted(window=window, why="given"),
        captured=(Captured(key="c", size=1),),
        labels=(FILE,),
        package=package(),
        baseline="s3://b/baseline/",
    )

    def name(settings: Mapping[str, Any], of: monitoring.Found = source, before: Window | None = None) -> str:
        told = {"model": "m", "settings": settings, "requests": {monitoring.STEP: "r"}, "bound": {}}
        return monitoring._digest(told, of, before)

    base = name(MONITORING)
    # How late labels come is for the planner alone.
    planner = ("delay_seconds", "within_seconds", "complete")
    for path in [one for one in leaves(MONITORING) if one[-1] not in planner]:
        assert name(changed(MONITORING, path)) != base, path
    others = [
        replace(source, captured=(Captured(key="c", size=2),)),
        replace(source, captured=(Captured(key="d", size=1),)),
        replace(source, labels=(replace(FILE, value="y"),)),
        replace(source, baseline="s3://b/other/"),
        *(replace(source, package=package(**one)) for one in ({"arn": "arn:p/2"}, {"version": 2})),
    ]
    assert base not in [name(MONITORING, of=one) for one in others]
    assert name(MONITORING, before=window) != base


def test_what_a_digest_is_of_is_json() -> None:
    plan = training.job_plan(event(settings=SETTINGS), (FILE,), CHAMPION)
    assert json.loads(json.dumps(steps.read_by("quality", plan))).keys() == set(READ["quality"])
