"""The states that ask while an endpoint is updated, and what is refused of them at synth."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas.aws.endpoints import BUSY as LAMBDAS_BUSY
from lambdas.functions.probe_answers import handler
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.probes import Probes
from mdlc_constructs.settings.rollback_alarms import OWN_NAMESPACE, RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Rolling
from mdlc_constructs.settings.scaling import Asynchronous, Scaling, Serverless
from mdlc_constructs.settings.serving import CaptureSettings, Serving
from mdlc_constructs.workflows.real_time_inference.probe_states import (
    BUSY,
    PROBER_TIMEOUT_SECONDS,
    WatchedRelease,
    prober_statements,
    probing,
    record_answers,
)
from tests.workflows.test_real_time_inference_expressions import evaluated, taken


def watched(**changes: Any) -> WatchedRelease:
    given: dict[str, Any] = {
        "endpoint_name": "flights",
        "serving": Serving(),
        "rollout": Canary(percent=10),
        "golden": GoldenChecks(),
    }
    return WatchedRelease(**{**given, **changes})


def test_look_then_wait_then_look_again_until_it_has_settled() -> None:
    states: Any = probing(watched()).nested_asl()["States"]
    assert probing(watched()).entry == "ProbesNeeded"
    for back, state in ((False, "ProbeAnswers"), (True, "Probed")):
        assert taken("ProbesNeeded", states, plan={"back": back}) == state
    assert states["ProbeAnswers"]["Next"] == "ProbeVerdict"
    for settled, state in ((True, "Probed"), (False, "WaitBetweenProbes")):
        assert taken("ProbeVerdict", states, states={"input": {"settled": settled}}) == state
    assert states["WaitBetweenProbes"]["Next"] == "ProbeAnswers"
    seconds = states["WaitBetweenProbes"]["Seconds"]
    assert evaluated(seconds, states={"input": {"wait_seconds": 41}}) == 41
    assert evaluated(seconds, states={"input": {"settled": False}}) == 60


def test_a_prober_that_fails_reports_every_answer_as_bad_and_goes_on() -> None:
    states: Any = probing(watched()).nested_asl()["States"]
    (catch,) = states["ProbeAnswers"]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "AlarmOnSilence")
    assert states["ProbeAnswers"]["TimeoutSeconds"] == 90
    arguments = states["AlarmOnSilence"]["Arguments"]
    error = {"Error": "TooSlow", "Cause": '{"errorMessage": "3 of 66",\n "stackTrace": []}'}
    silence = evaluated(catch["Assign"]["silence"], states={"errorOutput": error})
    assert silence == 'TooSlow: {"errorMessage": "3 of 66", "stackTrace": []}'
    assert evaluated(states["Probed"]["Output"]["silence"], silence=silence) == silence
    assert arguments["Namespace"] == OWN_NAMESPACE == handler.NAMESPACE
    assert arguments["MetricData"][0]["Value"] == 1
    (alarm,) = (spec for spec in Serving().alarms.specs() if spec.key == "Quality")
    assert arguments["MetricData"][0]["MetricName"] == alarm.metric
    assert alarm.threshold < 1
    assert states["AlarmOnSilence"]["Next"] == "LookInSilence"
    assert states["LookInSilence"]["Next"] == "ProbeVerdict"
    settled = states["LookInSilence"]["Output"]["settled"]
    for status in ("InService", "Failed", "UpdateRollbackFailed"):
        assert evaluated(settled, states={"result": {"EndpointStatus": status}}) is True
    for status in BUSY:
        assert evaluated(settled, states={"result": {"EndpointStatus": status}}) is False
    assert BUSY == LAMBDAS_BUSY


@pytest.mark.parametrize(
    ("quality", "drift"), [(0.05, None), (None, 0.3), (0.05, 1), (1, 0.3), (0.3, 0.05), (0.1, 0.1)]
)
def test_silence_rings_an_alarm_whichever_watches_answers(quality: float | None, drift: float | None) -> None:
    alarms = RollbackAlarms(quality_share=quality, prediction_drift=drift)
    states: Any = probing(watched(serving=Serving(alarms=alarms))).nested_asl()["States"]
    (datum,) = states["AlarmOnSilence"]["Arguments"]["MetricData"]
    (alarm,) = (spec for spec in alarms.specs() if spec.metric == datum["MetricName"])
    assert datum["Value"] > alarm.threshold


def test_the_states_stand_in_a_machine() -> None:
    machine = Machine((record_answers(watched()).linked("End"), Pass(name="End"), Pass(name="RecordFailure")))
    bound = dict.fromkeys(machine.placeholders(), "x")
    check(machine.bind(bound), traced=False)
    check(probing(watched()).bind(bound), traced=False)
    (catch,) = record_answers(watched()).catch
    assert catch.next == "RecordFailure", "before any traffic moves"
    task: Any = record_answers(watched()).to_asl()
    assert task["TimeoutSeconds"] > PROBER_TIMEOUT_SECONDS > handler.MAX_SECONDS


def test_both_works_know_how_many_to_ask_and_of_whom() -> None:
    baseline: Any = record_answers(watched()).to_asl()
    look: Any = probing(watched()).state("ProbeAnswers").to_asl()
    first, second = (task["Arguments"]["Payload"] for task in (baseline, look))
    assert (first.pop("mode"), second.pop("mode")) == ("baseline", "look")
    assert first == second
    assert first["probes"] == {
        "tolerance": 0.25,
        "recent": 200,
        "every_seconds": 60,
        "share": 0.1,
        "to_see": 66,
        "count": 1379,
    }
    assert first["version"] == "{% $plan.package.version %}"
    untold: Any = record_answers(watched(versioned=False)).to_asl()
    assert untold["Arguments"]["Payload"]["version"] is None


def test_the_smallest_share_of_any_size_that_scaling_leaves_is_reckoned_with() -> None:
    scaled = Serving(instances=4, scaling=Scaling(minimum=2, maximum=8, invocations=100))
    assert watched(serving=scaled, rollout=Canary(instances=1)).share == 1 / 8
    assert watched(serving=scaled, rollout=Rolling(batch_percent=50)).share == pytest.approx(1 / 3)
    assert watched(rollout=AllAtOnce()).share == 1


def test_what_could_not_catch_a_bad_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"takes 2760 probes a look .* probes.most is 2000"):
        watched(rollout=Canary(percent=5), probes=Probes(most=2000))
    with pytest.raises(ValueError, match="bake for at least 0:02:00"):
        watched(rollout=Canary(percent=10, bake=timedelta(minutes=1)))
    with pytest.raises(ValueError, match=r"golden=None .* nothing to ask: give golden checks, or capture"):
        watched(golden=None, serving=Serving(capture=None))
    with pytest.raises(ValueError, match=r"probes.recent=0 with capture=Capture.* nothing to ask"):
        watched(golden=None, probes=Probes(recent=0))
    with pytest.raises(ValueError, match="nothing to ask"):
        watched(golden=None, serving=Serving(capture=CaptureSettings(sample_percent=0)))
    with pytest.raises(ValueError, match="nothing to ask"):
        watched(golden=None, serving=Serving(capture=CaptureSettings(modes=("Output",))))
    with pytest.raises(ValueError, match=r"asynchronous: .* watch no quality of answers"):
        watched(serving=Serving(asynchronous=Asynchronous()))
    watched(golden=None)


def test_without_an_alarm_on_answers_nobody_asks() -> None:
    assert watched().probed
    drift = RollbackAlarms(quality_share=None, prediction_drift=0.1)
    assert watched(serving=Serving(alarms=drift)).probed
    short = Canary(percent=10, bake=timedelta(0))
    assert not watched(
        serving=Serving(alarms=RollbackAlarms(quality_share=None)), golden=None, rollout=short
    ).probed
    serverless = Serving(serverless=Serverless(), prepares=False, capture=None, alarms=RollbackAlarms.none())
    assert not watched(serving=serverless, rollout=AllAtOnce(bake=timedelta(0))).probed


def test_the_prober_may_ask_this_endpoint_and_measure_in_one_namespace() -> None:
    allowed = {action: s for s in prober_statements(watched()) for action in s.actions}
    endpoint = "arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/flights"
    assert allowed["sagemaker:InvokeEndpoint"].resources == (endpoint,)
    assert allowed["sagemaker:DescribeEndpoint"].resources == (endpoint,)
    assert allowed["cloudwatch:PutMetricData"].conditions == {
        "StringEquals": {"cloudwatch:namespace": OWN_NAMESPACE}
    }
    assert allowed["s3:PutObject"].resources == ("arn:${Partition}:s3:::${Bucket}/runs/*",)
    assert not {action for action in allowed if action.split(":")[1].startswith(("Delete", "Update"))}
