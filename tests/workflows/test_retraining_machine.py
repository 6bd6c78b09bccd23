"""The retraining machine as plain data, and what its expressions come to."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonata
import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass, Task
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.training_window import ExpandingWindow
from mdlc_constructs.settings.triggers import OnAccuracyLoss, OnCodeChange, OnDrift, OnRequest
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.retraining.release import SPEAKS_AGAINST
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings

ROOT = Path(__file__).resolve().parents[2]
RETRAINING = RetrainingSettings(
    model="flights",
    triggers=(OnRequest(), OnDrift()),
    window=ExpandingWindow(holdout=timedelta(days=7)),
)
BATCH = replace(RETRAINING, releases=False)
STATES: Any = retraining_machine(RETRAINING).to_asl()["States"]


def evaluated(text: Any, states: object = None, **variables: object) -> Any:
    if not str(text).startswith("{%"):
        return text
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    for name, value in {**variables, "states": states}.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def taken(choice: str, machine: Any = STATES, **variables: object) -> tuple[str, Any]:
    """The state that the choice leads to, and what it assigns."""
    body = machine[choice]
    for rule in body["Choices"]:
        if evaluated(rule["Condition"], **variables) is True:
            return str(rule["Next"]), rule.get("Assign", {})
    return str(body["Default"]), body.get("Assign", {})


def path(machine: Machine) -> list[str]:
    """The states that follow when no rule takes another way."""
    states: Any = machine.to_asl()["States"]
    found = [machine.entry]
    while "End" not in states[found[-1]]:
        found.append(states[found[-1]].get("Next") or states[found[-1]]["Default"])
    return found


@pytest.mark.parametrize("settings", [RETRAINING, BATCH], ids=["released", "batch"])
def test_the_machine_passes_every_check(settings: RetrainingSettings) -> None:
    machine = retraining_machine(settings)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_longest_path_goes_through_every_wait() -> None:
    assert path(retraining_machine(RETRAINING)) == [
        *(
            "Begin",
            "CoalesceTriggers",
            "TriggersCoalesced",
            "WaitForMore",
            "AskLease",
            "LeaseVerdict",
            "Claim",
            "Claimed",
        ),
        *("PublishStart", "Train", "TrainVerdict", "ReleaseCapacity"),
        *("ApprovalNeeded", "AwaitApproval", "LookAtPackage", "ApprovalVerdict"),
        *("ReleaseNeeded", "Release", "ReleaseVerdict"),
        *("Won", "RecordAudit", "Conclude", "PublishEvent"),
    ]


def test_batch_inference_takes_what_is_approved_by_itself() -> None:
    machine = retraining_machine(BATCH)
    assert not [name for name in machine.names() if name.startswith("Release") and name != "ReleaseCapacity"]
    states: Any = machine.to_asl()["States"]
    assert taken("ApprovalNeeded", states, trained={"outcome": "Succeeded"})[0] == "Won"
    assert taken("ApprovalVerdict", states, approval={"status": "Approved"})[0] == "Won"
    assert "flights-release" not in machine.definition()


@pytest.mark.parametrize(
    ("trained", "state", "outcome"),
    [
        ({"outcome": "Succeeded", "passed": "true", "reasons": ""}, "ReleaseCapacity", None),
        ({"outcome": "PendingApproval", "passed": "true", "reasons": ""}, "ReleaseCapacity", None),
        ({"outcome": "Unchanged", "passed": "true", "reasons": ""}, "ReleaseCapacity", None),
        ({"outcome": "Refused", "passed": "false", "reasons": "Too low."}, "RecordAudit", "Lost"),
        ({"outcome": "Unchanged", "passed": "false", "reasons": "Too low."}, "RecordAudit", "Unchanged"),
    ],
)
def test_the_gate_decides_whether_it_goes_on(trained: Any, state: str, outcome: str | None) -> None:
    went, assigned = taken("TrainVerdict", trained=trained)
    assert went == state
    if outcome:
        assert assigned["result"]["outcome"] == outcome
        assert evaluated(assigned["result"]["reasons"], trained=trained) == "Too low."


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("Succeeded", "ReleaseNeeded"), ("PendingApproval", "AwaitApproval"), ("Unchanged", "AwaitApproval")],
)
def test_a_person_is_waited_for_unless_the_gate_approved(outcome: str, state: str) -> None:
    assert taken("ApprovalNeeded", trained={"outcome": outcome})[0] == state


@pytest.mark.parametrize(
    ("status", "state"),
    [("Approved", "ReleaseNeeded"), ("Rejected", "RecordAudit"), ("PendingManualApproval", "AwaitApproval")],
)
def test_the_registry_is_believed_and_not_the_event(status: str, state: str) -> None:
    approval = {"status": status, "reason": "no good"}
    went, assigned = taken("ApprovalVerdict", approval=approval)
    assert went == state
    if status == "Rejected":
        assert (
            evaluated(assigned["result"]["reasons"], approval=approval) == "Rejected in the registry: no good"
        )
        assert assigned["result"]["outcome"] == "Lost"


def test_nobody_deciding_is_a_failure_with_a_name() -> None:
    waiting = STATES["AwaitApproval"]
    assert waiting["TimeoutSeconds"] == 14 * 24 * 3600
    assert waiting["Catch"][0]["ErrorEquals"] == ["States.Timeout"]
    assert waiting["Catch"][0]["Assign"]["failure"]["Error"] == "NotDecided"
    assert waiting["Catch"][0]["Next"] == "ConcludeFailure"


@pytest.mark.parametrize(
    ("lease", "state"),
    [("Held", "Claim"), ("Duplicate", "Duplicate"), ("Ended", "Duplicate"), ("TooLarge", "ConcludeFailure")],
)
def test_what_an_answer_to_the_lease_leads_to(lease: str, state: str) -> None:
    assert taken("LeaseVerdict", lease={"lease": lease})[0] == state


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("Train", "PublishStart"),
        ("Trained", "TrainVerdict"),
        ("Wait", "WaitForMore"),
        ("Nothing", "Duplicate"),
        ("Replaced", "RecordAudit"),
    ],
)
def test_what_a_claim_leads_to(step: str, state: str) -> None:
    assert taken("Claimed", claimed={"step": step})[0] == state


def test_a_replaced_version_is_recorded_as_superseded() -> None:
    _, assigned = taken("Claimed", claimed={"step": "Replaced"})
    assert assigned["result"]["outcome"] == "Superseded"


def described(error: str, cause: str, status: str = "FAILED") -> dict[str, str]:
    """The cause of a task whose other execution failed, as Step Functions writes it."""
    said = {"Cause": cause, "Error": error, "ExecutionArn": "arn", "Input": {"a": 1}, "Status": status}
    if status != "FAILED":
        del said["Error"], said["Cause"]
    return {"Error": "States.TaskFailed", "Cause": json.dumps(said)}


CUT = described("RolledBack", "x" * 99)


@pytest.mark.parametrize("state", ["Train", "Release"])
def test_the_other_executions_own_error_is_kept(state: str) -> None:
    caught = STATES[state]["Catch"][-1]["Assign"]["failure"]
    for text, name in (
        (described("DataRefused", 'a "quoted" cause'), "DataRefused"),
        (described("", "", status="ABORTED"), "States.TaskFailed"),
        ({"Error": "States.Timeout"}, "States.Timeout"),
        # An execution's description may be cut off.
        (
            {"Error": "States.TaskFailed", "Cause": described("RolledBack", "x" * 99)["Cause"][:150]},
            "RolledBack",
        ),
    ):
        assert evaluated(caught["Error"], {"errorOutput": text}) == name
        assert evaluated(caught["Cause"], {"errorOutput": text})


@pytest.mark.parametrize("error", [*SPEAKS_AGAINST, "NoGolden", "NoCapacity", "States.Timeout"])
def test_only_what_speaks_against_the_version_is_lost(error: str) -> None:
    failure = {"Error": error, "Cause": "because"}
    went, assigned = taken("ReleaseFailed", failure=failure)
    if error in SPEAKS_AGAINST:
        assert (went, assigned["result"]["outcome"]) == ("RecordAudit", "Lost")
        assert evaluated(assigned["result"]["reasons"], failure=failure) == f"{error}: because"
    else:
        assert went == "ConcludeFailure"


def test_what_speaks_against_a_version_is_what_rejects_it() -> None:
    text = (ROOT / "docs" / "contracts.md").read_text()
    section = " ".join(text.partition("A release that fails with")[2].split())[:300]
    assert {name for name in SPEAKS_AGAINST if f"`{name}`" not in section} == set()


@pytest.mark.parametrize(
    ("released", "trained", "outcome"),
    [
        ("Succeeded", "Succeeded", "Succeeded"),
        ("Unchanged", "Succeeded", "Succeeded"),
        ("Unchanged", "Unchanged", "Unchanged"),
        ("Succeeded", "Unchanged", "Succeeded"),
    ],
)
def test_a_release_beside_this_one_does_not_take_the_win(released: str, trained: str, outcome: str) -> None:
    told = STATES["Won"]["Assign"]["result"]["outcome"]
    found = evaluated(told, released={"outcome": released}, trained={"outcome": trained})
    assert found == outcome


def test_a_superseded_version_is_looked_at() -> None:
    assert taken("ReleaseVerdict", released={"outcome": "Superseded"})[0] == "LookAtRejected"
    for outcome in ("Succeeded", "Unchanged"):
        assert taken("ReleaseVerdict", released={"outcome": outcome})[0] == "Won"
    assert taken("RejectedVerdict", approval={"status": "Rejected", "reason": "x"})[0] == "RecordAudit"


def test_a_release_that_came_to_nothing_is_no_win() -> None:
    state, assigned = taken("RejectedVerdict", approval={"status": "Approved"})
    assert (state, assigned["result"]["outcome"]) == ("RecordAudit", "Superseded")


def test_the_release_is_told_the_version() -> None:
    given = STATES["Release"]["Arguments"]["Input"]
    arn = "arn:aws:sagemaker:eu-central-1:1:model-package/flights/12"
    assert evaluated(given["package_version"], trained={"package_arn": arn}) == 12
    assert given["forward_only"] is True
    assert evaluated(STATES["ReleaseNeeded"]["Choices"][0]["Condition"], work={"released": None}) is False


def test_every_failing_path_gives_the_lease_back_before_it_is_recorded() -> None:
    before = {"Begin", "ConcludeFailure", "RecordFailure", "PublishFailure"}
    for name, body in STATES.items():
        if body["Type"] == "Task" and name not in before:
            assert body["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
            assert body["Catch"][-1]["Next"] in ("ConcludeFailure", "ReleaseFailed"), name
    assert STATES["ConcludeFailure"]["Next"] == "RecordFailure"
    assert [one["Next"] for one in STATES["ConcludeFailure"]["Catch"]] == ["RecordFailure"]
    assert STATES["RecordFailure"]["Next"] == "PublishFailure"


def test_the_conclusion_is_told_what_failed() -> None:
    told = STATES["ConcludeFailure"]["Arguments"]["Payload"]
    assert evaluated(told["error"], failure={"Error": "States.Timeout", "Cause": ""}) == "States.Timeout"


def test_a_function_that_died_is_asked_again() -> None:
    for name in (
        "CoalesceTriggers",
        "AskLease",
        "Claim",
        "ReleaseCapacity",
        "AwaitApproval",
        "Conclude",
        "ConcludeFailure",
    ):
        errors = {error for retry in STATES[name]["Retry"] for error in retry["ErrorEquals"]}
        assert {"Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown"} <= errors, name


def test_nothing_is_asked_again_and_again() -> None:
    """A wait is a wait or a token: no state leads back to itself without one of these in between."""
    waits = {"WaitForMore", "AwaitApproval"}
    following = {
        name: {*state.normal_targets()}
        for name, state in ((one.name, one) for one in retraining_machine(RETRAINING).states)
        if name not in waits
    }
    for start in following:
        seen, ahead = set[str](), [*following[start]]
        while ahead:
            name = ahead.pop()
            assert name != start, f"{start} is come back to without a wait"
            if name not in seen:
                seen.add(name)
                ahead += following.get(name, ())


def test_seams_go_around_training_and_release() -> None:
    seams = {
        "before_train": StateSequence.of(Pass(name="Breathe")),
        "after_release": StateSequence.of(Pass(name="Rest")),
    }
    found = path(retraining_machine(RETRAINING, seams=seams))
    assert found[found.index("Train") - 1] == "Breathe"
    assert found[found.index("Release") + 1] == "Rest"
    with pytest.raises(ValueError, match="Did you mean 'before_train'"):
        retraining_machine(RETRAINING, seams={"before_trian": StateSequence()})
    with pytest.raises(ValueError, match="'release' is no step of the retraining workflow"):
        retraining_machine(BATCH, tasks={"release": Pass(name="X")})


def test_the_machine_may_start_its_models_machines_and_no_other() -> None:
    started = {
        resource.rpartition(":")[2]
        for state in retraining_machine(RETRAINING).walk()
        if isinstance(state, Task)
        for statement in state.statements
        if "states:StartExecution" in statement.actions
        for resource in statement.resources
    }
    assert started == {"flights-training", "flights-release"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"triggers": ()}, "nothing would ever retrain"),
        ({"triggers": (OnCodeChange(), OnCodeChange())}, "'OnCodeChange': is given twice"),
        ({"instances": 11}, "the fleet's budget has 10"),
        ({"instances": 3, "budget": Budget(instances=2)}, "would never get its lease"),
        ({"label_delay": timedelta(seconds=-1)}, "label_delay="),
        ({"approval_within": timedelta(0)}, "approval_within="),
        ({"patience": Patience(longest=timedelta(days=350))}, "Step Functions ends it after a year"),
        ({"compares": False}, "compares no challenger with the champion"),
        ({"compares": False, "without_comparison": "  "}, "compares no challenger with the champion"),
        ({"without_comparison": "Because."}, "compares with the champion; leave it out"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(RETRAINING, **changes)


def test_a_declared_reason_stands_in_for_the_comparison_and_is_recorded() -> None:
    settings = replace(RETRAINING, compares=False, without_comparison="Asked by the regulator.")
    states: Any = retraining_machine(settings).to_asl()["States"]
    item = states["RecordAudit"]["Arguments"]["Item"]
    assert item["without_comparison"] == {"S": "Asked by the regulator."}


def test_a_loss_of_another_tasks_metric_is_refused() -> None:
    loss = OnAccuracyLoss(metric="rmse", loss=1)
    replace(RETRAINING, triggers=(loss,), task="regression")
    with pytest.raises(ValueError, match="metric='rmse': is a metric of regression and forecast tasks and"):
        replace(RETRAINING, triggers=(loss,))


def test_without_a_time_there_is_no_window() -> None:
    timeless = replace(RETRAINING, window=None, has_time=False)
    assert timeless.to_payload().window is None
    with pytest.raises(ValueError, match=r"window=.*the dataset has no timestamp.*leave window out"):
        replace(RETRAINING, has_time=False)
    with pytest.raises(ValueError, match=r"window=None: say which rows to train on"):
        replace(RETRAINING, window=None)


def test_a_loss_of_a_class_that_no_window_reports_is_refused() -> None:
    classes = tuple(f"c{number:03d}" for number in range(120))
    given: dict[str, Any] = {"task": "multiclass", "classes": classes}
    loss = OnAccuracyLoss(metric="recall:c110", loss=0.1)
    with pytest.raises(ValueError, match="metric='recall:c110': is of a class beyond the first 100"):
        replace(RETRAINING, triggers=(loss,), **given)
    replace(RETRAINING, triggers=(loss,), alarmed=("recall:c110",), **given)
    replace(RETRAINING, triggers=(OnAccuracyLoss(metric="recall:c099", loss=0.1),), **given)
