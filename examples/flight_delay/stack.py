"""The whole stack of the flight delay team: training, batch inference, releases, and an API that decides."""

from datetime import timedelta

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from constructs import Construct

from examples.flight_delay.dataset import flights, rules, split
from examples.flight_delay.rebook_or_wait import RebookOrWait
from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Canary,
    Gate,
    GoldenChecks,
    ModelHome,
    Probes,
    RealTimeInferenceWorkflow,
    RollbackAlarms,
    Serving,
    TrainingWorkflow,
)


class FlightDelayStack(Stack):
    """Trains on `raw/training/`, scores `raw/batch/`, and serves what the gate approved.

    How far apart two good models answer was measured with other depths and seeds on the flights of December:
    at most 2 in 100 answers differ by more than 0.15, and none of the golden ones by more than 0.1.
    """

    def __init__(self, scope: Construct, id_: str, *, env: Environment | None = None) -> None:
        super().__init__(scope, id_, env=env)
        home = ModelHome(self, "Model", name="flight-delay", removal_policy=RemovalPolicy.DESTROY)
        self.training = TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/training/"),
            algorithm=BuiltInAlgorithm.xgboost(
                objective="binary:logistic",
                num_round=200,
                eval_metric="auc",
                early_stopping_rounds=20,
                max_depth=6,
                eta=0.1,
                subsample=0.8,
            ),
            split=split(),
            quality=rules(),
            gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
        )
        self.batch_inference = BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/batch/"),
            quality=rules(),
            # The endpoint's version is the champion.
            moves_champion=False,
        )
        self.release = RealTimeInferenceWorkflow(
            self,
            "Release",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/training/"),
            serving=Serving(instances=2, alarms=RollbackAlarms(quality_share=0.05)),
            rollout=Canary(percent=50, bake=timedelta(minutes=10)),
            golden=GoldenChecks(tolerance=0.1),
            probes=Probes(tolerance=0.15),
        )
        RebookOrWait(
            self,
            "RebookOrWait",
            home=home,
            endpoint=self.release,
            dataset=flights(f"s3://{home.bucket_name}/raw/training/"),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)
