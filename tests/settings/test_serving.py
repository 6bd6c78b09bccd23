from datetime import time, timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Deployment, Linear, Rolling
from mdlc_constructs.settings.scaling import Asynchronous, Night, Scaling, Serverless
from mdlc_constructs.settings.serving import CaptureSettings, Serving

QUIET = RollbackAlarms.none()
SERVERLESS = Serving(serverless=Serverless(), capture=None, alarms=QUIET, prepares=False)
UNGUARDED = [
    (SERVERLESS, "a serverless endpoint"),
    (Serving(marketplace=True, alarms=QUIET, prepares=False), "a Marketplace container"),
    (Serving(instance_type="ml.inf1.xlarge", alarms=QUIET, prepares=False), "Inf1 instances"),
]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"instance_type": "ml.m5.larg"}, "did you mean 'ml.m5.large'"),
        ({"instances": 0}, "instances=0"),
        ({"variant": "a_b"}, "variant='a_b'"),
        ({"startup_seconds": 59}, "startup_seconds=59"),
        ({"scaling": Scaling(minimum=0, maximum=3, invocations=9)}, "minimum=0: only Asynchronous"),
        (
            {"scaling": Scaling(minimum=3, maximum=3, invocations=9)},
            "instances=2: is outside scaling's 3 to 3",
        ),
        ({"serverless": Serverless()}, "does not go with serverless: it cannot capture"),
        ({"serverless": Serverless(), "asynchronous": Asynchronous()}, "choose one of the two"),
        (
            {"serverless": Serverless(), "scaling": Scaling(maximum=3, invocations=9)},
            "does not go with serverless: it scales by itself",
        ),
        ({"serverless": Serverless(), "capture": None, "marketplace": True}, "it takes no Marketplace"),
        ({"serverless": Serverless(), "capture": None}, "prepares=True: .*it runs no inference pipelines"),
        ({"marketplace": True}, "prepares=True: is not offered for a Marketplace container"),
        (
            {"serverless": Serverless(), "capture": None, "prepares": False},
            "alarms=2: alarms cannot send back a serverless",
        ),
        ({"marketplace": True, "prepares": False}, "cannot send back a Marketplace container"),
        ({"instance_type": "ml.inf1.xlarge", "prepares": False}, "cannot send back Inf1 instances"),
        ({"instance_type": "ml.m6g.large"}, "Arm processors, and the feature program's image is built for"),
        ({"instance_type": "ml.inf2.xlarge"}, "has accelerators that run compiled models alone"),
        (
            {"marketplace": True, "prepares": False, "alarms": QUIET, "asynchronous": Asynchronous()},
            "asynchronous=.*: is not offered for a Marketplace container; leave it out",
        ),
    ],
)
def test_what_sagemaker_refuses_is_refused_with_the_remedy(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Serving(**changes)


@pytest.mark.parametrize(("serving", "what"), UNGUARDED)
@pytest.mark.parametrize("rollout", [Canary(percent=10), Linear(), Rolling(), AllAtOnce()])
def test_no_guardrails_where_sagemaker_has_none(serving: Serving, what: str, rollout: Deployment) -> None:
    serving.check_rollout(AllAtOnce(bake=timedelta(0)))
    with pytest.raises(ValueError, match=f"for {what}; give AllAtOnce"):
        serving.check_rollout(rollout)


def test_alarms_need_time_to_be_raised() -> None:
    with pytest.raises(ValueError, match="alarms need time"):
        Serving().check_rollout(AllAtOnce(bake=timedelta(0)))
    Serving(alarms=QUIET).check_rollout(AllAtOnce(bake=timedelta(0)))


def test_a_canary_is_measured_against_the_smallest_fleet() -> None:
    night = Night(begins=time(22), ends=time(6))
    Serving().check_rollout(Canary(percent=10))
    serving = Serving(scaling=Scaling(minimum=2, maximum=4, night=night))
    assert serving.smallest_fleet == 1
    with pytest.raises(ValueError, match="percent=10: comes to 1 of 1 instances"):
        serving.check_rollout(Canary(percent=10))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (NetworkSettings(), "cannot be isolated"),
        (
            NetworkSettings(isolation=False, subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
            "cannot be in a VPC",
        ),
    ],
)
def test_a_serverless_endpoint_has_no_network_of_its_own(network: NetworkSettings, said: str) -> None:
    Serving().check_network(network)
    SERVERLESS.check_network(NetworkSettings(isolation=False))
    with pytest.raises(ValueError, match=said):
        SERVERLESS.check_network(network)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sample_percent": 101}, "sample_percent=101"),
        ({"modes": ()}, "modes="),
        ({"modes": ("Inputs",)}, "modes="),
        ({"modes": "Input"}, "modes="),
    ],
)
def test_capture_that_sagemaker_does_not_know_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CaptureSettings(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"instance_type": "ml.c7g.large", "prepares": False},
        {"instance_type": "ml.inf2.xlarge", "prepares": False},
        {"instance_type": "ml.m7i.large"},
        {"asynchronous": Asynchronous(), "alarms": QUIET},
        {"marketplace": True, "prepares": False, "alarms": QUIET},
    ],
)
def test_what_sagemaker_offers_is_taken(changes: dict[str, Any]) -> None:
    Serving(**changes)
