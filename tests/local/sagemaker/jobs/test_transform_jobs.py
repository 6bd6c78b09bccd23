import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab


def test_a_model_that_does_not_exist(lab: Lab) -> None:
    with pytest.raises(
        ClientError, match=r'ValidationException.*Could not find model "arn:.*:model/nothing"'
    ):
        lab.sagemaker.create_transform_job(**lab.transform("nothing", f"s3://{lab.bucket}/x"))


def test_what_is_not_run_locally_is_refused(lab: Lab) -> None:
    model = lab.echo_model()
    request = lab.transform(model, f"s3://{lab.bucket}/x", TransformInput={"SplitType": "TFRecord"})
    with pytest.raises(ClientError, match=r"TransformInput\.SplitType 'TFRecord' is not run locally"):
        lab.sagemaker.create_transform_job(**request)
    request = lab.transform(model, f"s3://{lab.bucket}/x", DataProcessing={"InputFilter": "$[1:]"})
    with pytest.raises(ClientError, match=r"DataProcessing .* is not run locally"):
        lab.sagemaker.create_transform_job(**request)
