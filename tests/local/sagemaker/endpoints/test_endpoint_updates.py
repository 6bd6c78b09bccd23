"""Updates of endpoints: traffic moves in steps, alarms bring it back, a broken model never serves."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.endpoints.test_endpoints import events
from tests.local.sagemaker.serving import VARIANT, Crowd, Serving, variant


def canary(percent: int = 20, wait: int = 120, end: int = 60, **more: Any) -> dict[str, Any]:
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": wait,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": percent},
    }
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": end},
        **more,
    }


def alarms(*names: str) -> dict[str, Any]:
    return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in names]}}


def words(crowd: Crowd) -> dict[str, int]:
    """How many answers each model gave."""
    found: dict[str, int] = {}
    for text, count in crowd.answers.items():
        word = text.split('"word": "')[1].split('"')[0]
        found[word] = found.get(word, 0) + count
    return found


def test_a_canary_gets_its_share_and_is_promoted(serving: Serving) -> None:
    # A fleet that is up at once would be baking before anybody looks.
    old, new = (
        serving.config(variant(serving.talking(word, start_seconds=seconds)))
        for word, seconds in (("old", 0), ("new", 2))
    )
    endpoint = serving.endpoint(old)
    read = events(serving, endpoint)
    with Crowd(serving, endpoint, "x", callers=2) as crowd:
        serving.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=new, DeploymentConfig=canary(wait=240)
        )
        stages = []
        while (shown := serving.describe(endpoint))["EndpointStatus"] == "Updating":
            if "PendingDeploymentSummary" in shown:
                pending = shown["PendingDeploymentSummary"]
                assert pending["EndpointConfigName"] == new
                stage = pending["ProductionVariants"][0]["VariantStatus"][0]["Status"]
                if stage not in stages:
                    stages.append(stage)
                if stage == "Baking" and "new" not in words(crowd):
                    crowd.answers.clear()
                    crowd.await_requests(300)
                    share = words(crowd).get("new", 0) / sum(words(crowd).values())
                    assert 0.1 < share < 0.3, "a fifth of the requests, by chance"
            time.sleep(0.02)
        assert shown["EndpointConfigName"] == new
        assert shown["LastDeploymentConfig"] == canary(wait=240)
        crowd.answers.clear()
        crowd.await_requests(50)
    assert crowd.failures == []
    assert set(words(crowd)) == {"new"}
    assert stages[0] == "Creating"
    assert "Baking" in stages
    told = read("SageMaker Endpoint Deployment State Change", "UPDATING")
    assert told[0]["PendingDeploymentSummary"]["EndpointConfigName"] == new
    serving.delete(endpoint)


def test_an_alarm_rolls_back(serving: Serving) -> None:
    old, new = (serving.config(variant(serving.talking(word))) for word in ("old", "new"))
    endpoint = serving.endpoint(old)
    alarm = serving.alarm(f"{endpoint}-5xx", {"EndpointName": endpoint, "VariantName": VARIANT})
    read = events(serving, endpoint)
    with Crowd(serving, endpoint, "x", callers=2) as crowd:
        serving.sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=new,
            DeploymentConfig=canary(wait=3000, **alarms(alarm)),
        )
        while "new" not in words(crowd):
            time.sleep(0.05)
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            serving.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=old)
        with pytest.raises(ClientError, match="ModelError"):
            serving.ask(endpoint, "break")
        started = time.monotonic()
        ended = serving.wait(endpoint)
        assert time.monotonic() - started < 20
        crowd.answers.clear()
        crowd.await_requests(50)
    assert (ended["EndpointStatus"], ended["EndpointConfigName"]) == ("InService", old)
    assert ended["FailureReason"] == f"auto-rollback alarm {alarm} is in ALARM state"
    assert "PendingDeploymentSummary" not in ended
    assert set(words(crowd)) == {"old"}
    assert crowd.failures == []
    told = [detail["EndpointStatus"] for detail in read("SageMaker Endpoint State Change", "IN_SERVICE")]
    assert told == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    serving.delete(endpoint)


def test_an_alarm_can_look_at_the_new_fleet_alone(serving: Serving) -> None:
    old, new = (serving.config(variant(serving.talking(word))) for word in ("old", "new"))
    endpoint = serving.endpoint(old)
    of_old, of_new = (
        serving.alarm(
            f"{endpoint}-{config}",
            {"EndpointName": endpoint, "VariantName": VARIANT, "EndpointConfigName": config},
        )
        for config in (old, new)
    )
    with pytest.raises(ClientError, match="ModelError"):
        serving.ask(endpoint, "break")
    cloudwatch = serving.server.client("cloudwatch")

    def state(name: str) -> str:
        return str(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    deadline = time.monotonic() + 10
    while state(of_old) != "ALARM":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert state(of_new) == "OK"
    serving.delete(endpoint)


def test_a_broken_model_leaves_the_old_one_serving(serving: Serving) -> None:
    old, broken = serving.config(variant(serving.talking("old"))), serving.config(variant(serving.broken()))
    endpoint = serving.endpoint(old)
    with Crowd(serving, endpoint, "x", callers=1) as crowd:
        ended = serving.update(endpoint, broken)
        crowd.await_requests(20)
    assert (ended["EndpointStatus"], ended["EndpointConfigName"]) == ("InService", old)
    assert "did not pass the ping health check" in ended["FailureReason"]
    assert crowd.failures == []
    ended = serving.update(endpoint, serving.config(variant(serving.talking("new"))))
    assert "FailureReason" not in ended
    assert serving.ask(endpoint)["word"] == "new"
    serving.delete(endpoint)


def test_an_alarm_that_does_not_exist_or_may_not_be_seen(serving: Serving) -> None:
    config = serving.config(variant(serving.talking("x")))
    endpoint = serving.endpoint(config)
    ended = serving.update(endpoint, config, canary(**alarms("none")))
    assert ended["FailureReason"] == "auto-rollback alarm none does not exist"
    alarm = serving.alarm(f"{endpoint}-5xx", {"EndpointName": endpoint})
    serving.server.control(
        "POST", "deny", {"role": serving.lab.role.name, "action": "cloudwatch:DescribeAlarms"}
    )
    try:
        ended = serving.update(endpoint, config, canary(**alarms(alarm)))
    finally:
        serving.server.control("POST", "restore", {})
    assert "cloudwatch:DescribeAlarms" in ended["FailureReason"]
    retained = serving.update(endpoint, config, RetainDeploymentConfig=True)
    assert "FailureReason" not in retained
    assert retained["LastDeploymentConfig"] == canary(**alarms(alarm))
    serving.delete(endpoint)


def test_requests_under_way_are_answered_before_the_old_fleet_ends(serving: Serving) -> None:
    old, new = (serving.config(variant(serving.talking(word))) for word in ("old", "new"))
    endpoint = serving.endpoint(old)
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(serving.ask(endpoint, "sleep 3")["word"]))
    slow.start()
    time.sleep(0.3)
    serving.update(endpoint, new)
    assert serving.ask(endpoint)["word"] == "new"
    slow.join()
    assert answers == ["old"]
    serving.delete(endpoint)


def test_what_guardrails_exclude(serving: Serving) -> None:
    model = serving.talking("x")
    one = serving.config(variant(model))
    renamed = serving.config(variant(model, "Other"))
    two = serving.config(variant(model), variant(model, "B"))
    endpoint = serving.endpoint(one)

    def refused(config: str, deployment: dict[str, Any], told: str) -> None:
        with pytest.raises(ClientError, match=told):
            serving.sagemaker.update_endpoint(
                EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment
            )

    refused(renamed, canary(), "variant names must stay the same")
    assert serving.update(endpoint, two)["EndpointConfigName"] == two, (
        "without a DeploymentConfig they may change"
    )
    batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 0}}
    refused(two, rolling, "rolling deployment is not supported for endpoints with several variants")
    serving.delete(endpoint)
