"""The MLflow app of a training: what is refused, and with which sentence."""

from typing import Any

import pytest

from mdlc_constructs import Mlflow

ARN = "arn:aws:sagemaker:eu-central-1:111111111111:mlflow-app/app-1"
SERVER = "arn:aws:sagemaker:eu-central-1:111111111111:mlflow-tracking-server/ours"
CHINA = "arn:aws-cn:sagemaker:cn-north-1:111111111111:mlflow-app/app-1"


@pytest.mark.parametrize("arn", [ARN, ARN.replace("aws:", "aws-us-gov:"), "${Token[TOKEN.7]}"])
def test_an_app_is_named_by_its_arn(arn: str) -> None:
    assert Mlflow(app_arn=arn, experiment="team/churn").app_arn == arn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"app_arn": "churn"}, r"app_arn='churn': give arn:aws:sagemaker:<region>:<account>:mlflow-app/<id>"),
        ({"app_arn": ARN + "/x"}, r"give arn:aws:sagemaker"),
        ({"app_arn": None}, r"app_arn=None: give the ARN"),
        ({"app_arn": SERVER}, r"a tracking server is called otherwise than an app; make an MlflowApp"),
        ({"app_arn": CHINA}, r"MLflow apps are in aws and aws-us-gov only\."),
        ({"app_arn": ARN, "experiment": "it's"}, r"experiment=.*: give at most 256 letters"),
        ({"app_arn": ARN, "experiment": ""}, r"experiment='': give at most 256 letters"),
        ({"app_arn": ARN, "training_job": "no"}, r"training_job='no': give True or False\."),
    ],
)
def test_what_is_no_app_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Mlflow(**arguments)
