"""SageMaker's serverless MLflow, with the model's bucket as its store of artifacts."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.places import BUCKET, KEY_ARN, PARTITION, object_arn
from mdlc_constructs.signatures import ConstructorSignature

PREFIX = "mlflow"
"""The prefix of the model's bucket that holds the artifacts of MLflow's runs."""


def storing() -> tuple[Statement, ...]:
    """Permissions of the app's role: the objects below its prefix of the model's bucket, and nothing else.

    AWS suggests AmazonS3FullAccess. The app registers no models, so it needs nothing for the registry.
    """
    return (
        Statement(actions=("s3:GetObject", "s3:PutObject"), resources=object_arn(PREFIX)),
        Statement(
            actions=("s3:ListBucket",),
            resources=(f"arn:{PARTITION}:s3:::{BUCKET}",),
            conditions={"StringLike": {"s3:prefix": [PREFIX, f"{PREFIX}/*"]}},
        ),
        Statement(actions=("kms:GenerateDataKey", "kms:Decrypt"), resources=(KEY_ARN,)),
    )


class MlflowApp(Construct):
    """An MLflow app of SageMaker, for `TrainingWorkflow(mlflow=Mlflow(app_arn=app.arn))`; on AWS only.

    Artifacts that people log go to `mlflow/` of the model's bucket. Workflows of other models may write their
    runs to the same app. The app registers no models: the packages of the workflows are the versions.

    Args:
        home: the home of the model whose bucket stores artifacts. Its removal policy decides whether the app
            is deleted with the stack; SageMaker deletes the runs with the app.
        name: the app's name; by default the model's name.

    Attributes:
        app: the app's L1 construct.
        role: the role by which the app reads and writes artifacts.
    """

    __signature__ = ConstructorSignature()

    def __init__(self, scope: Construct, id_: str, *, home: ModelHome, name: str | None = None) -> None:
        super().__init__(scope, id_)
        self.role = home.job_role("Role", storing(), {}, scope=self)
        self.app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=name or home.name,
            artifact_store_uri=f"s3://{home.bucket_name}/{PREFIX}",
            role_arn=self.role.arn,
            model_registration_mode="AutoModelRegistrationDisabled",
        )
        self.app.apply_removal_policy(home.removal_policy)

    @property
    def arn(self) -> str:
        """The app's ARN, known at deployment."""
        return self.app.attr_arn
