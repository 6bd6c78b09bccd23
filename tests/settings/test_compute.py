from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.compute import Compute, Spot

HOUR = timedelta(hours=1)


def test_times_come_in_seconds() -> None:
    made = Compute(max_runtime=HOUR, spot=Spot(max_wait=2 * HOUR))
    assert (made.max_runtime_seconds, made.max_wait_seconds, made.keep_alive_seconds) == (3600, 7200, None)
    assert Compute(keep_alive=HOUR).keep_alive_seconds == 3600


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"instance_type": "ml.m5.gigantic"}, "no such instance type"),
        ({"instance_count": 0}, "from 1"),
        ({"instance_count": True}, "from 1"),
        ({"volume_gb": 100_000}, "to 16384"),
        ({"max_runtime": timedelta(0)}, "at most 28 days"),
        ({"max_runtime": timedelta(days=29)}, "at most 28 days"),
        ({"keep_alive": timedelta(hours=7)}, "6:00:00"),
        ({"spot": Spot(max_wait=HOUR), "keep_alive": HOUR}, "warm pool"),
        ({"spot": Spot(max_wait=HOUR), "max_runtime": 2 * HOUR}, "includes the run itself"),
    ],
)
def test_what_sagemaker_would_refuse_is_refused(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        Compute(**changes)
    assert remedy in str(error.value)


def test_a_use_has_its_own_types_and_training_its_own_extras() -> None:
    assert Compute().require("transform") == Compute()
    with pytest.raises(ValueError, match="for processing"):
        Compute(instance_type="ml.trn1.2xlarge").require("processing")
    with pytest.raises(ValueError, match="for training only"):
        Compute(keep_alive=HOUR).require("processing")


@pytest.mark.parametrize(
    ("instance_type", "encrypts"),
    [
        ("ml.m5.xlarge", True),
        ("ml.inf2.xlarge", True),
        ("ml.p3.2xlarge", True),
        ("${Token[TOKEN.1]}", True),
        ("ml.r5d.large", False),
        ("ml.g4dn.xlarge", False),
        ("ml.g5.xlarge", False),
        ("ml.p4de.24xlarge", False),
        ("ml.p6-b200.48xlarge", False),
        ("ml.trn1.2xlarge", False),
        ("ml.dl1.24xlarge", False),
    ],
)
def test_a_key_is_for_disks_that_the_hardware_does_not_encrypt(instance_type: str, encrypts: bool) -> None:
    assert Compute(instance_type=instance_type).encrypts_volume is encrypts


def test_several_instances_that_would_all_do_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="instance_count=2") as error:
        Compute(instance_count=2).require("processing")
    assert str(error.value) == (
        "instance_count=2: each instance of a data job would get all rows; give 1 and a larger instance_type."
    )
    assert Compute(instance_count=1).require("processing")
    assert all(Compute(instance_count=2).require(use) for use in ("training", "transform"))


def test_an_image_for_x86_64_needs_such_processors() -> None:
    neuron = Compute(instance_type="ml.trn1.2xlarge")
    assert neuron.require("training") is neuron
    with pytest.raises(ValueError, match=r"='ml\.trn1\.2xlarge': has accelerators"):
        neuron.require("training", image="XGBoost's image")
