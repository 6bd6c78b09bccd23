"""The images of PyTorch and TensorFlow.

The URIs are of AWS's page https://github.com/aws/deep-learning-containers/blob/master/available_images.md, by
their short tags, which sagemaker-core forms.
"""

import pytest

from mdlc_constructs.settings.framework_image import FrameworkImage, framework_versions


@pytest.mark.parametrize(
    ("framework", "version", "use", "gpu", "region", "uri"),
    [
        (
            *("pytorch", "2.6.0", "training", True, "us-east-1"),
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-gpu-py312",
        ),
        (
            *("tensorflow", "2.19.0", "inference", False, "eu-west-1"),
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.19.0-cpu",
        ),
        (
            *("pytorch", "2.1.0", "inference", False, "cn-north-1"),
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-inference:2.1.0-cpu-py310",
        ),
    ],
)
def test_uris(framework: str, version: str, use: str, gpu: bool, region: str, uri: str) -> None:
    made = FrameworkImage(framework=framework, version=version, use=use, gpu=gpu)  # type: ignore[arg-type]
    assert made.uri(region) == uri


def test_a_version_without_both_images_is_no_version() -> None:
    assert "2.7.1" not in framework_versions("pytorch")
    with pytest.raises(ValueError, match=r"version='2.7.1': no such version of pytorch"):
        FrameworkImage(framework="pytorch", version="2.7.1", use="training")
    with pytest.raises(ValueError, match="no such framework"):
        FrameworkImage(framework="jax", version="1", use="training")


def test_a_region_without_the_image_is_refused() -> None:
    made = FrameworkImage(framework="pytorch", version="2.6.0", use="training")
    with pytest.raises(ValueError, match=r"no such region with pytorch-training 2.6.0"):
        made.uri("us-iso-east-1")
