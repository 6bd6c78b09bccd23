"""The stack of one model team: training, batch scoring, serving, decisions, monitoring and retraining.

Copy this file and remove what the team does not need, or subclass `ModelTeamStack`: each workflow has a
method that creates it. The construct ids are contracts (docs/contracts.md), so a copy can replace the
original.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from mdlc_constructs import (
    Algorithm,
    Approval,
    BatchInferenceWorkflow,
    Dataset,
    DecisionApi,
    Decisions,
    ExpandingWindow,
    Fleet,
    Gate,
    GoldenChecks,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    Patience,
    Probes,
    QualityRules,
    RealTimeInferenceWorkflow,
    RetrainingWorkflow,
    Serving,
    Split,
    TrainingWorkflow,
)
from mdlc_constructs.settings.experiment import Experiment
from mdlc_constructs.settings.rollout import Deployment
from mdlc_constructs.settings.training_window import TrainingWindow
from mdlc_constructs.settings.triggers import Trigger

LAST_MONTH = ExpandingWindow(holdout=timedelta(days=30))
"""The default window: a retraining trains on all rows but the last thirty days, which are the holdout."""


@dataclass(frozen=True, kw_only=True)
class ModelTeam:
    """All decisions of a model team, as plain values.

    Attributes:
        name: the model's name: lowercase words joined by hyphens.
        dataset: a function from the URI of an S3 folder to the dataset: training, batches and labels read the
            same columns from `raw/training/` and `raw/batch/` of the model's bucket.
        algorithm: the algorithm that trains.
        split: how rows are divided into training, validation and holdout; by default by time, and at random
            without a timestamp.
        quality: rules that a batch must satisfy before it is used, in training, scoring and monitoring.
        gate: conditions that a trained model must meet to be registered as Approved or pending.
        approval: who approves; by default whoever may update the package.
        serving: instances, scaling and rollback alarms of the endpoint.
        rollout: how a release shifts the endpoint's traffic; by default all at once.
        golden: recorded rows that a version must answer before it serves; None checks none.
        probes: requests with known answers while a version bakes.
        decisions: a function from the dataset to the settings of the decision API; None creates no API.
        rules: the rules of the decision API.
        monitored: whether served rows are compared with the baseline.
        labels: a function from the URI of the labels' folder (the training data's) to the settings of labels;
            None monitors without accuracy.
        segments: columns by whose values monitoring reports accuracy separately.
        triggers: what starts a retraining; without any there is no retraining workflow.
        window: the rows that a retraining trains on, and its holdout; by default `LAST_MONTH`, and all rows
            of a dataset without a timestamp.
        patience: how long triggers are collected, and the cool-down between retrainings.
    """

    name: str
    dataset: Callable[[str], Dataset]
    algorithm: Algorithm
    split: Split | None = None
    quality: QualityRules | None = None
    gate: Gate | None = None
    approval: Approval | None = None
    serving: Serving | None = None
    rollout: Deployment | Experiment | None = None
    golden: GoldenChecks | None = None
    probes: Probes | None = None
    decisions: Callable[[Dataset], Decisions] | None = None
    rules: Path | Mapping[str, Any] | None = None
    monitored: bool = True
    labels: Callable[[str], Labels] | None = None
    segments: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    window: TrainingWindow | None = None
    patience: Patience | None = None

    def __post_init__(self) -> None:
        """Reject an incomplete decision API.

        Raises:
            ValueError: when only one of `decisions` and `rules` is given.
        """
        if (self.decisions is None) != (self.rules is None):
            absent = "rules" if self.rules is None else "decisions"
            raise ValueError(
                f"{absent}=None: a decision API needs decisions and rules; give both, or neither."
            )


class ModelTeamStack(Stack):
    """All workflows of one model, from one `ModelTeam`.

    Args:
        team: the team's decisions.
        fleet: the budget that retrainings of several models share, such as `PlatformStack.fleet`.
        key: the key that encrypts all data, such as `PlatformStack.key`; by default a new one.
        alarm_topic: the topic for alarms of workflows, monitors and the decision API.
        removal_policy: what happens to data when the stack is deleted (see `ModelHome`).

    Attributes:
        home, training, batch_inference, release, monitoring, retraining, decision_api: the constructs; the
            last three are None where the team has none.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        team: ModelTeam,
        env: Environment | None = None,
        fleet: Fleet | None = None,
        key: kms.IKey | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id_, env=env)
        self.team, self.fleet = team, fleet
        self.home = ModelHome(self, "Model", name=team.name, key=key, removal_policy=removal_policy)
        self.dataset = team.dataset(f"s3://{self.home.bucket_name}/raw/training/")
        self.training = self.create_training()
        self.batch_inference = self.create_batch_inference()
        self.release = self.create_release()
        self.monitoring = self.create_monitoring() if team.monitored else None
        self.retraining = self.create_retraining(self.monitoring) if team.triggers else None
        self.decision_api = self.create_decision_api()
        if alarm_topic is not None:
            for alarm in self.alarms():
                alarm.alarm_actions = [alarm_topic.topic_arn]
        CfnOutput(self, "BucketName", value=self.home.bucket_name)
        CfnOutput(self, "AuditTableName", value=self.home.audit_table_name)

    def create_training(self) -> TrainingWorkflow:
        """Train on `raw/training/`."""
        team = self.team
        return TrainingWorkflow(
            self,
            "Training",
            home=self.home,
            dataset=self.dataset,
            algorithm=team.algorithm,
            split=team.split,
            quality=team.quality,
            gate=team.gate,
            approval=team.approval,
        )

    def create_batch_inference(self) -> BatchInferenceWorkflow:
        """Score `raw/batch/` with the latest approved version; releases set the champion, not batches."""
        return BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=self.home,
            dataset=self.team.dataset(f"s3://{self.home.bucket_name}/raw/batch/"),
            quality=self.team.quality,
            moves_champion=False,
        )

    def create_release(self) -> RealTimeInferenceWorkflow:
        """Release approved versions to the endpoint."""
        team = self.team
        return RealTimeInferenceWorkflow(
            self,
            "Release",
            home=self.home,
            dataset=self.dataset,
            serving=team.serving,
            rollout=team.rollout,
            golden=team.golden,
            probes=team.probes,
        )

    def create_monitoring(self) -> MonitoringWorkflow:
        """Compare the endpoint's requests and answers with the baseline and with late labels."""
        team = self.team
        return MonitoringWorkflow(
            self,
            "Monitoring",
            home=self.home,
            dataset=self.dataset,
            endpoint=self.release,
            labels=team.labels(self.dataset.uri) if team.labels else None,
            segments=team.segments,
            quality=team.quality,
        )

    def create_retraining(self, monitoring: MonitoringWorkflow | None) -> RetrainingWorkflow:
        """Retrain when one of the team's triggers fires, and release a version that beats the champion."""
        team = self.team
        return RetrainingWorkflow(
            self,
            "Retraining",
            home=self.home,
            training=self.training,
            release=self.release,
            monitoring=monitoring,
            triggers=team.triggers,
            window=team.window or (LAST_MONTH if self.dataset.timestamp else None),
            patience=team.patience,
            fleet=self.fleet,
        )

    def create_decision_api(self) -> DecisionApi | None:
        """Make decisions over HTTP from scores and rules, or None without decisions."""
        if self.team.decisions is None or self.team.rules is None:
            return None
        api = DecisionApi(
            self,
            "Decisions",
            home=self.home,
            endpoint=self.release,
            decisions=self.team.decisions(self.dataset),
            rules=self.team.rules,
        )
        CfnOutput(self, "DecisionsUrl", value=api.url)
        return api

    def alarms(self) -> list[cloudwatch.CfnAlarm]:
        """The alarms to notify people of, without the endpoint's, which roll back a release by themselves."""
        workflows = (self.training, self.batch_inference, self.release, self.monitoring, self.retraining)
        monitors = self.monitoring.monitor_alarms.values() if self.monitoring else ()
        api = self.decision_api.alarms if self.decision_api else ()
        return [*(alarm for workflow in workflows if workflow for alarm in workflow.alarms), *monitors, *api]
