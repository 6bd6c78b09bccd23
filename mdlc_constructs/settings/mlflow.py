"""The MLflow app of SageMaker to which a training's parameters, metrics and versions are written."""

import re
from dataclasses import dataclass

from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sagemaker:[a-z0-9-]+:[0-9]{12}:(?P<kind>[a-z-]+)/(?P<name>[^/\s]+)"
)
_PARTITIONS = ("aws", "aws-us-gov")
"""Partitions with MLflow apps. Source: the host names in version 0.3.0 of AWS's plugin `sagemaker-mlflow`."""
_EXPERIMENT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_./-]{0,255}")


@dataclass(frozen=True, kw_only=True)
class Mlflow:
    """Each training is also a run of an experiment in an MLflow app of SageMaker; on AWS only.

    Hyperparameters, metrics on the holdout, versions of data and code, the package, and the gate's verdict
    are written there when the package is registered and judged. An app that cannot be reached fails no
    training: the audit item says why nothing was written.

    Args:
        app_arn: ARN of the MLflow app, such as `MlflowApp(...).arn`, in the region of the training.
        experiment: name of the experiment; by default the model's name.
        training_job: whether the training job gets an `MlflowConfig` too, by which SageMaker itself may write
            to the same run. Off by default, because AWS does not say whether Step Functions passes it on. A
            search for hyperparameters has none: SageMaker takes it for no tuning job.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    app_arn: str
    experiment: str | None = None
    training_job: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.app_arn, str):
            raise refusal(
                "app_arn", self.app_arn, "give the ARN of an MLflow app, such as MlflowApp(...).arn."
            )
        if not has_token(self.app_arn):
            self._check_arn()
        if self.experiment is not None and not (
            isinstance(self.experiment, str) and _EXPERIMENT.fullmatch(self.experiment)
        ):
            raise refusal(
                "experiment",
                self.experiment,
                "give at most 256 letters, digits, '-', '_', '.' and '/', or leave it out.",
            )
        if not isinstance(self.training_job, bool):
            raise refusal("training_job", self.training_job, "give True or False.")

    def _check_arn(self) -> None:
        arn = _ARN.fullmatch(self.app_arn)
        if arn is not None and arn["kind"] == "mlflow-tracking-server":
            raise refusal(
                "app_arn",
                self.app_arn,
                "a tracking server is called otherwise than an app; make an MlflowApp, and give its arn.",
            )
        if arn is None or arn["kind"] != "mlflow-app":
            raise refusal(
                "app_arn",
                self.app_arn,
                "give arn:aws:sagemaker:<region>:<account>:mlflow-app/<id>, such as MlflowApp(...).arn.",
            )
        if arn["partition"] not in _PARTITIONS:
            raise refusal("app_arn", self.app_arn, f"MLflow apps are in {' and '.join(_PARTITIONS)} only.")
