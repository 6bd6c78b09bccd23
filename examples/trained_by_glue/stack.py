"""The stack: a training workflow whose step `train` starts a Glue Python shell job."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as sfn_tasks
from constructs import Construct

from mdlc_constructs import BuiltInAlgorithm, Dataset, Gate, ModelHome, QualityRules, TrainingWorkflow

SCRIPT = Path(__file__).parent / "train.py"


class TrainedByGlue(TrainingWorkflow):
    """The training workflow with another step `train`; all other steps are unchanged."""

    def create_train_task(self) -> Any:
        """Run the Glue job and wait for it; its arguments come from the plan."""
        job = self._job()
        return sfn_tasks.GlueStartJobRun.jsonata(
            self,
            "Train",
            glue_job_name=job.ref,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            arguments=sfn.TaskInput.from_object(
                {
                    "--train": "{% $plan.uris.train %}",
                    "--artifact": "{% $plan.uris.artifact %}",
                    "--rounds": self.settings.algorithm.hyperparameters["num_round"],
                }
            ),
            outputs={},
        )

    def _job(self) -> glue.CfnJob:
        script = s3_assets.Asset(self, "Script", path=str(SCRIPT))
        role = iam.Role(self, "GlueRole", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        script.grant_read(role)
        self.home.bucket.grant_read(role, "splits/*")
        self.home.bucket.grant_put(role, "training/*")
        self.home.key.grant_encrypt_decrypt(role)
        return glue.CfnJob(
            self,
            "Job",
            role=role.role_arn,
            command=glue.CfnJob.JobCommandProperty(
                name="pythonshell", python_version="3.9", script_location=script.s3_object_url
            ),
            default_arguments={"--additional-python-modules": "xgboost==2.1.4"},
            max_capacity=1,
            timeout=60,
        )


class TrainedByGlueStack(Stack):
    """A model that predicts which orders will be returned."""

    def __init__(self, scope: Construct, id_: str, *, name: str = "returns") -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name=name, removal_policy=RemovalPolicy.DESTROY)
        TrainedByGlue(
            self,
            "Training",
            home=home,
            dataset=Dataset.csv(
                f"s3://{home.bucket_name}/raw/",
                label="returned",
                timestamp="at",
                row_key=("id",),
                columns={"shop": "category", "items": "integer", "price": "number"},
            ),
            # The endpoint's and transform jobs' image, which reads the artifact that the job writes.
            algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=10),
            quality=QualityRules(minimum_rows=50),
            gate=Gate(at_least={"auc": 0.6}),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)
