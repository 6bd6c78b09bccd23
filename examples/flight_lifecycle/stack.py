"""The stack of a team whose model is kept alive: trained, released, monitored, retrained."""

from datetime import date, timedelta

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.flight_delay.dataset import flights, rules
from examples.flight_lifecycle.team import JUDGED, TEAM, TRIGGERS
from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Canary,
    ExpandingWindow,
    Gate,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    Patience,
    Probes,
    RealTimeInferenceWorkflow,
    RetrainingWorkflow,
    RollbackAlarms,
    Serving,
    Split,
    TrainingWorkflow,
)

PROBES, ALARMS = Probes(tolerance=0.6), RollbackAlarms(quality_share=0.1)
"""What sends a release back, wider than by default: a model that has seen a summer's storms tells one flight
in twenty from one that has not by more than half."""


class FlightLifecycleStack(Stack):
    """One model, and the loop that keeps it good.

    The first model learns from the flights before 11 April, chooses its trees on the next ten days and is
    judged on the last ten of April. From then on nobody says when to train on what.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name=TEAM.model, removal_policy=RemovalPolicy.DESTROY)
        data = flights(f"s3://{home.bucket_name}/raw/training/")
        training = TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=data,
            algorithm=BuiltInAlgorithm.xgboost(
                objective="binary:logistic",
                num_round=200,
                eval_metric="auc",
                early_stopping_rounds=20,
                max_depth=6,
                eta=0.1,
                subsample=0.8,
            ),
            split=Split.by_time(validation_from=date(2013, 4, 11), holdout_from=date(2013, 4, 21)),
            quality=rules(),
            gate=Gate(at_least={"auc": 0.6}, better_than_champion="auc"),
        )
        release = RealTimeInferenceWorkflow(
            self,
            "Release",
            home=home,
            dataset=data,
            serving=Serving(alarms=ALARMS),
            rollout=Canary(percent=50, bake=timedelta(minutes=5)),
            golden=None,
            probes=PROBES,
        )
        BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/batch/"),
            quality=rules(),
            moves_champion=False,
        )
        monitoring = MonitoringWorkflow(
            self,
            "Monitoring",
            home=home,
            dataset=data,
            endpoint=release,
            labels=Labels(uri=data.uri, by="row_key"),
            segments=("carrier", "origin"),
            quality=rules(),
        )
        RetrainingWorkflow(
            self,
            "Retraining",
            home=home,
            training=training,
            release=release,
            monitoring=monitoring,
            triggers=TRIGGERS,
            window=ExpandingWindow(holdout=JUDGED),
            patience=Patience(debounce=timedelta(minutes=1), cool_down=timedelta(minutes=5)),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)
