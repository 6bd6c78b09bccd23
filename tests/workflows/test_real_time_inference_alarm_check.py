"""What comes before an update: alarms that ring, and ways back, which they do not hold up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Rolling
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.workflows.test_real_time_inference_expressions import STATES, evaluated, taken
from tests.workflows.test_real_time_inference_machine import EVERY, RELEASE

WATCHED = [{"AlarmName": "${ServerErrorsAlarm}"}, {"AlarmName": "${QualityAlarm}"}]


def alarms(*states: str) -> dict[str, object]:
    return {
        "result": {"MetricAlarms": [{"AlarmName": f"a{n}", "StateValue": s} for n, s in enumerate(states)]}
    }


@pytest.mark.parametrize(
    ("states", "active_alarms"),
    [
        ((), []),
        (("OK", "INSUFFICIENT_DATA"), []),
        (("OK", "ALARM"), ["a1"]),
        (("ALARM", "OK", "ALARM"), ["a0", "a2"]),
    ],
)
def test_whatever_alarms_there_are_those_that_ring_are_a_list(
    states: tuple[str, ...], active_alarms: list[str]
) -> None:
    assigned = STATES["LookAtAlarms"]["Assign"]
    assert evaluated(assigned["active_alarms"], states=alarms(*states)) == active_alarms
    assert evaluated(assigned["alarm_looks"], alarm_looks=0) == 1


def test_alarms_that_ring_are_waited_for_and_the_package_is_not_blamed() -> None:
    assert STATES["LookAtAlarms"]["Arguments"] == {"AlarmNames": ["${ServerErrorsAlarm}", "${QualityAlarm}"]}
    seconds = STATES["WaitForAlarms"]["Seconds"]
    looks = 1
    while taken("AlarmsOk", active_alarms=["a"], alarm_looks=looks) == "WaitForAlarms":
        looks += 1
    # Five minutes, and the one that the alarms look back.
    assert (looks - 1) * seconds == 360
    assert taken("AlarmsOk", active_alarms=["a"], alarm_looks=looks) == "RecordFailure"
    for late in (1, looks):
        assert taken("AlarmsOk", active_alarms=[], alarm_looks=late) == "RecordAnswers"
    failure = STATES["AlarmsOk"]["Choices"][0]["Assign"]["failure"]
    assert failure["Error"] == "AlarmsActive"
    assert evaluated(failure["Cause"], active_alarms=["a", "b"]).startswith(
        "The alarms a, b are in ALARM before"
    )


def test_who_looks_back_further_waits_longer() -> None:
    patient = replace(RELEASE, serving=Serving(alarms=RollbackAlarms(periods=5)))
    states: Any = release_machine(patient).to_asl()["States"]
    assert taken("AlarmsOk", states, active_alarms=["a"], alarm_looks=20) == "WaitForAlarms"
    assert taken("AlarmsOk", states, active_alarms=["a"], alarm_looks=21) == "RecordFailure"


def test_without_alarms_nobody_looks() -> None:
    names = release_machine(EVERY["serverless"]).names()
    assert not {"GoesBack", "LookAtAlarms"} & set(names)


@pytest.mark.parametrize(("back", "state"), [(True, "EndsScaling"), (False, "LookAtAlarms")])
def test_what_it_leaves_holds_up_no_way_back(back: bool, state: str) -> None:
    assert taken("GoesBack", plan={"back": back}) == state


def shifted(back: bool, **changes: Any) -> Any:
    made: Any = release_machine(replace(RELEASE, **changes)).state("UpdateEndpoint").to_asl()["Arguments"]
    return evaluated(made["DeploymentConfig"], plan={"back": back})


def test_an_update_is_watched_by_the_alarms_and_a_way_back_by_none() -> None:
    on, back = shifted(False), shifted(True)
    assert on["AutoRollbackConfiguration"]["Alarms"] == WATCHED
    assert on["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert "AutoRollbackConfiguration" not in back
    policy = back["BlueGreenUpdatePolicy"]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert (policy["TrafficRoutingConfiguration"], policy["TerminationWaitInSeconds"]) == (routing, 0)


def test_a_way_back_by_batches_needs_no_second_fleet() -> None:
    back = shifted(True, rollout=Rolling(batch_percent=25, wait=timedelta(minutes=5)))
    assert back["RollingUpdatePolicy"]["MaximumBatchSize"]["Value"] == 25
    assert back["RollingUpdatePolicy"]["WaitIntervalInSeconds"] == 0


def test_scaling_that_ended_for_a_refused_update_comes_back_and_the_refusal_is_told() -> None:
    machine = release_machine(EVERY["scaled"])
    states: Any = machine.to_asl()["States"]
    refused = {
        "endpoint": "Refused",
        "refused": {"Error": "SageMaker.ResourceLimitExceeded", "Cause": "quota"},
    }
    assert taken("Deploy", states, plan=refused) == "RegisterScaling"
    (rule,) = (one for one in states["Deploy"]["Choices"] if one["Next"] == "RegisterScaling")
    assert evaluated(rule["Assign"]["failure"], plan=refused) == refused["refused"]
    assert taken("ReleaseVerdict", states, plan=refused) == "RecordFailure"
    (catch,) = states["UpdateEndpoint"]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Plan")
