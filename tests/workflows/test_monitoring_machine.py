"""The monitoring machine as plain data: no CDK, no Node."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Map, Pass, Task
from mdlc_constructs.settings.evaluation import Evaluation
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.settings.monitor_alarms import MonitorAlarms
from mdlc_constructs.settings.quality_rules import QualityRules
from mdlc_constructs.workflows.monitoring import roles
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from tests.workflows.settings import MONITORING

BATCH = replace(MONITORING, kind="batch", endpoint="", raw_uri="s3://bucket/batch/")
SHAPES = (MONITORING, BATCH, replace(MONITORING, consistency=None), replace(MONITORING, labels=None))


def path(machine: Machine, first: str) -> list[str]:
    """The states from one on when every choice takes its default."""
    found = [first]
    while following := machine.state(found[-1]).to_asl().get("Next") or machine.state(found[-1]).to_asl().get(
        "Default"
    ):
        found.append(str(following))
    return found


@pytest.mark.parametrize("settings", SHAPES)
def test_the_machine_passes_every_check(settings: MonitoringSettings) -> None:
    machine = monitoring_machine(settings)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_happy_path_follows_from_state_to_state() -> None:
    machine = monitoring_machine(MONITORING)
    assert path(machine, "Plan") == [
        *("Plan", "Resume", "CreateModel", "MonitorWindows", "WindowsVerdict", "RecordAudit"),
    ]
    assert path(machine, "WindowStands") == [
        *("WindowStands", "MonitorWindow", "ReplayWanted", "ScoreReplay", "CompareAnswers", "RecordWindow"),
    ]


def test_without_replays_no_model_is_asked_for() -> None:
    machine = monitoring_machine(replace(MONITORING, consistency=None))
    assert path(machine, "Plan") == ["Plan", "Resume", "MonitorWindows", "WindowsVerdict", "RecordAudit"]
    assert path(machine, "WindowStands") == ["WindowStands", "MonitorWindow", "RecordWindow"]
    assert "Transform" not in machine.definition()


def test_a_window_that_fails_lets_the_others_go_on_and_is_named_at_the_end() -> None:
    machine = monitoring_machine(MONITORING)
    for name in ("MonitorWindow", "RecordWindow"):
        *_, last = machine.state(name).catchers()
        assert (last.errors, last.next) == (("States.ALL",), "WindowFailed")
    assert isinstance(machine.state("WindowFailed"), Pass)
    verdict: Any = machine.state("WindowsVerdict").to_asl()
    (rule,) = verdict["Choices"]
    assert rule["Next"] == "RecordFailure"
    assert rule["Assign"]["failure"]["Error"] == "WindowFailed"


def test_the_last_failure_says_that_the_window_is_given_up() -> None:
    machine = monitoring_machine(MONITORING)
    of_job, of_record = (
        json.dumps(machine.state(n).catchers()[-1].output) for n in ("MonitorWindow", "RecordWindow")
    )
    assert "$states.input.last_attempt ? 'Given up" in of_job
    assert "Given up" not in of_record


def test_a_replay_that_fails_costs_no_window() -> None:
    machine = monitoring_machine(MONITORING)
    assert [catch.next for catch in machine.state("ScoreReplay").catchers()] == ["CompareAnswers"]
    assert [catch.next for catch in machine.state("CompareAnswers").catchers()] == ["RecordWindow"]


def test_a_name_that_is_taken_leads_back_to_the_plan() -> None:
    machine = monitoring_machine(MONITORING)
    taken, _ = machine.state("MonitorWindow").catchers()
    assert taken.next == "NameTaken"
    through = machine.state("MonitorWindows")
    assert set(through.catchers()[0].errors) == set(taken.errors)
    assert through.catchers()[0].next == "Plan"


def test_the_job_reads_manifests_of_what_was_captured_and_labelled() -> None:
    for settings, manifests in ((MONITORING, {"captured", "labels"}), (BATCH, {"captured", "labels", "raw"})):
        task = monitoring_machine(settings).state("MonitorWindow")
        assert isinstance(task, Task)
        inputs: Any = task.arguments["ProcessingInputs"]  # type: ignore[index]
        kinds = {each["InputName"]: each["S3Input"]["S3DataType"] for each in inputs}
        assert {name for name, kind in kinds.items() if kind == "ManifestFile"} == manifests
        assert {"plan", "program", "baseline", "previous"} <= set(kinds)


def test_windows_come_as_the_plan_says_how_many_at_a_time() -> None:
    through = monitoring_machine(MONITORING).state("MonitorWindows")
    assert isinstance(through, Map)
    assert through.max_concurrency == "{% $plan.parallel %}"
    assert MONITORING.to_plan()["served"]["parallel"] == 4  # type: ignore[index]


def test_the_plan_holds_the_label_and_rules_for_what_is_served() -> None:
    rules = QualityRules(ranges={"dep_delay": (0, 10), "distance": (0, 5000)})
    plan = json.loads(json.dumps(replace(MONITORING, quality=rules).to_plan()))
    assert plan["dataset"]["label"] == "late"
    assert plan["quality"]["ranges"] == {"distance": [0, 5000]}
    assert plan["served"]["every_seconds"] == 86400
    assert plan["labels"]["uri"] == "s3://${LabelsBucket}/${LabelsPrefix}"


def test_what_happens_around_windows_changes_none_of_their_jobs_inputs() -> None:
    plan: Any = MONITORING.to_plan()
    assert not {"endpoint", "every_seconds", "parallel", "baseline"} & set(plan["monitor"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"every": timedelta(minutes=90)}, "give whole hours"),
        ({"every": timedelta(minutes=30)}, "every='0:30:00'"),
        ({"settling": timedelta(days=1)}, "settling="),
        ({"segments": "distance"}, "give a tuple of names"),
        ({"segments": ("distanse",)}, "did you mean 'distance'"),
        ({"protected": ("age",)}, "no such column"),
        ({"least_rows": 0}, "least_rows=0"),
        (
            {"evaluation": Evaluation(weighted=True)},
            "evaluation.weighted=True: served rows have no weights and count once each",
        ),
        ({"max_parallel": 41}, "max_parallel=41"),
        ({"labels": Labels(uri="s3://bucket/x/", by="entity_and_time")}, "dataset.entity is None"),
        ({"alarms": MonitorAlarms(accuracy={"rmse": 2})}, "a metric of regression and forecast tasks"),
        ({"alarms": MonitorAlarms(accuracy={"auc": 0.6}), "labels": None}, "accuracy is known by labels"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(MONITORING, **changes)


def test_an_unknown_seam_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Did you mean 'after_monitor_windows'"):
        monitoring_machine(MONITORING, seams={"after_monitor_window": None})  # type: ignore[dict-item]


def test_the_planner_looks_only_at_what_is_monitored() -> None:
    read = {
        settings.kind: {
            resource.rpartition("${Bucket}/")[2]
            for one in roles.planning(settings)
            for resource in one.resources
            if "s3:GetObject" in one.actions
        }
        for settings in (MONITORING, BATCH)
    }
    assert read == {"endpoint": {"capture/*"}, "batch": {"predictions/*", "runs/*"}}


def test_only_an_endpoint_is_asked_again() -> None:
    actions = {
        settings.kind: {action for one in roles.replaying(settings) for action in one.actions}
        for settings in (MONITORING, BATCH)
    }
    assert "sagemaker:InvokeEndpoint" in actions["endpoint"]
    assert "sagemaker:InvokeEndpoint" not in actions["batch"]


def test_alarms_on_classes_that_a_summary_leaves_out_are_in_the_plan() -> None:
    """A window's job runs again when its plan changes, so no other alarm is in it."""
    classes = tuple(f"c{number:03d}" for number in range(120))
    columns = {**MONITORING.dataset.columns, str(MONITORING.dataset.label): "category"}
    dataset = replace(MONITORING.dataset, task="multiclass", classes=classes, columns=columns)
    alarms = MonitorAlarms(accuracy={"recall:c005": 0.5, "recall:c110": 0.5, "accuracy": 0.5})
    plan: Any = replace(MONITORING, dataset=dataset, alarms=alarms).to_plan()
    assert plan["monitor"]["by_class"] == ["recall:c110"]
    few: Any = replace(MONITORING, dataset=dataset).to_plan()
    assert "by_class" not in few["monitor"]
