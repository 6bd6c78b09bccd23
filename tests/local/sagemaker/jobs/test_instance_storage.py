"""Which instances take no key for their volume, told as the library tells it, and refused as AWS does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_constructs.settings.instance_type import has_local_storage, known_instance_types
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.jobs.instance_storage import refuse_volume_key
from tests.local.sagemaker.lab import Lab


def refused(instance_type: str) -> bool:
    try:
        refuse_volume_key({"InstanceType": instance_type, "VolumeKmsKeyId": "k"})
    except ApiError:
        return True
    return False


def test_the_library_and_the_embedded_aws_know_the_same_types() -> None:
    known = known_instance_types()
    assert {kind for kind in known if refused(kind)} == {kind for kind in known if has_local_storage(kind)}


def test_without_a_key_every_type_is_taken() -> None:
    refuse_volume_key({"InstanceType": "ml.g5.xlarge"})
    refuse_volume_key({"InstanceType": "ml.g5.xlarge", "VolumeKmsKeyId": None})


@pytest.mark.parametrize("kind", ["training", "processing", "transform"])
def test_every_kind_of_job_refuses_the_key(lab: Lab, kind: str) -> None:
    resources: dict[str, Any] = {
        "InstanceType": "ml.g4dn.xlarge",
        "InstanceCount": 1,
        "VolumeKmsKeyId": lab.key_arn,
    }
    if kind == "training":
        channels = {"train": lab.put("storage/train/a.csv", "1,2\n")}
        request = lab.training(channels, ResourceConfig={**resources, "VolumeSizeInGB": 1})
    elif kind == "processing":
        cluster = {"ClusterConfig": {**resources, "VolumeSizeInGB": 1}}
        request = lab.processing("pass", ProcessingResources=cluster)
    else:
        request = lab.transform(
            lab.echo_model(), lab.put("storage/in/a.csv", "1\n"), TransformResources=resources
        )
    with pytest.raises(
        ClientError, match=r"ValidationException.* can't request a VolumeKmsKeyId .*: ml\.g4dn\.xlarge"
    ):
        getattr(lab.sagemaker, f"create_{kind}_job")(**request)
