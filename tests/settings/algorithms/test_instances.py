from collections.abc import Callable

import pytest

from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm as Built
from mdlc_constructs.settings.algorithms.instances import has_gpu
from mdlc_constructs.settings.compute import Compute
from tests.settings.algorithms.minimal import MINIMAL

TOKEN = "${Token[Type.1]}"
CPU, GPU = "ml.m5.xlarge", "ml.g4dn.xlarge"


def compute(kind: str = CPU, count: int = 1) -> Compute:
    return Compute(instance_type=kind, instance_count=count)


@pytest.mark.parametrize(
    "name", ["image-classification", "object-detection", "semantic-segmentation", "seq2seq"]
)
def test_some_algorithms_need_gpus(name: str) -> None:
    MINIMAL[name]().check_compute(compute(GPU))
    with pytest.raises(
        ValueError, match=r"instance_type='ml\.m5\.xlarge': .* GPUs only; give .*'ml\.g4dn\.xlarge'"
    ):
        MINIMAL[name]().check_compute(compute())


@pytest.mark.parametrize("name", ["lda", "randomcutforest", "lightgbm", "catboost"])
def test_some_algorithms_use_no_gpus(name: str) -> None:
    MINIMAL[name]().check_compute(compute())
    with pytest.raises(ValueError, match=r"instance_type='ml\.g4dn\.xlarge': .* CPUs only; give"):
        MINIMAL[name]().check_compute(compute(GPU))


@pytest.mark.parametrize("name", ["lda", "semantic-segmentation", "seq2seq", "object2vec", "catboost"])
def test_some_algorithms_train_on_one_instance(name: str) -> None:
    kind = GPU if name in ("semantic-segmentation", "seq2seq") else CPU
    with pytest.raises(ValueError, match=r"instance_count=2: .* trains on one instance only; give 1"):
        MINIMAL[name]().check_compute(compute(kind, 2))


@pytest.mark.parametrize("name", ["kmeans", "pca", "knn", "linear-learner", "xgboost"])
def test_others_train_on_several(name: str) -> None:
    MINIMAL[name]().check_compute(compute(count=4))


@pytest.mark.parametrize(
    ("make", "asked", "said"),
    [
        (
            lambda: Built.blazingtext(mode="cbow"),
            compute(count=2),
            "instance_count=2: BlazingText trains on several instances with mode='batch_skipgram' only",
        ),
        (
            lambda: Built.blazingtext(mode="batch_skipgram"),
            compute(GPU),
            "BlazingText trains on CPUs only with mode='batch_skipgram'",
        ),
    ],
)
def test_the_mode_of_blazingtext_decides(make: Callable[[], Built], asked: Compute, said: str) -> None:
    with pytest.raises(ValueError, match="=") as caught:
        make().check_compute(asked)
    assert said in str(caught.value)
    Built.blazingtext(mode="batch_skipgram").check_compute(compute(count=2))


def test_a_type_that_is_known_at_deployment_is_not_judged() -> None:
    MINIMAL["seq2seq"]().check_compute(Compute(instance_type=TOKEN))


def test_scripts_of_jumpstart_are_older_than_training_on_several_instances() -> None:
    with pytest.raises(ValueError, match=r"instance_count=2: JumpStart's scripts .* or code_uri=\.\.\."):
        Built.lightgbm().check_compute(compute(count=2))
    Built.lightgbm(code_uri="s3://own/scripts/sourcedir.tar.gz").check_compute(compute(count=2))


@pytest.mark.parametrize(
    ("kind", "gpu"),
    [("ml.p3.2xlarge", True), ("ml.gr6.4xlarge", True), ("ml.m5.large", False), (TOKEN, False)],
)
def test_the_families_with_gpus(kind: str, gpu: bool) -> None:
    assert has_gpu(kind) is gpu
