"""Two models that retrain by themselves and share a budget of one training at a time."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from mdlc_constructs import (
    AllAtOnce,
    Approval,
    Budget,
    BuiltInAlgorithm,
    Dataset,
    Evaluation,
    Fleet,
    Gate,
    ModelHome,
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnRequest,
    OnSchedule,
    Patience,
    QualityRules,
    RealTimeInferenceWorkflow,
    RetrainingWorkflow,
    RollbackAlarms,
    Serving,
    SinceDrift,
    Split,
    TrainingWorkflow,
)
from mdlc_constructs.settings.triggers import Trigger
from tests.end_to_end.team import COLUMNS, Team

STACK = "Retraining"
PATIENCE = Patience(
    debounce=timedelta(seconds=50), cool_down=timedelta(minutes=1), grows=3, longest=timedelta(hours=1)
)
"""Waiting goes fifty times as fast there: a debounce of a second."""
WINDOW = SinceDrift(shortest=timedelta(days=60), longest=timedelta(days=300), holdout=timedelta(days=60))

LABELLED_UNTIL = datetime(2013, 12, 26, tzinfo=UTC)
"""What the clock says when nothing else tells up to when there are labels."""


@dataclass(frozen=True, kw_only=True)
class Retrained:
    """A model of the stack.

    Attributes:
        rounds: changing them changes what training does.
    """

    team: Team
    approval: Approval = field(default_factory=Approval.automatic)
    triggers: tuple[Trigger, ...] = (OnRequest(),)
    serves: bool = False
    rounds: int = 6


SERVED = Retrained(
    team=Team(model="served"),
    triggers=(
        OnRequest(),
        OnDrift(),
        OnAccuracyLoss(metric="auc", bound=0.5),
        OnCodeChange(),
        OnSchedule(schedule="rate(365 days)"),
    ),
    serves=True,
)
DECIDED = Retrained(
    team=Team(model="decided"),
    approval=Approval.manual(remind_after=timedelta(minutes=1), expires_after=timedelta(days=2)),
    triggers=(OnRequest(priority=2), OnNewData(files=3)),
)
"""A person decides and is reminded soon, and the next batch takes what was approved."""


class RetrainingStack(Stack):
    """Both models, and the fleet that they are in."""

    def __init__(self, scope: Construct, id_: str, *, models: tuple[Retrained, ...]) -> None:
        super().__init__(scope, id_)
        fleet = Fleet(self, "Fleet", budget=Budget(jobs=1, instances=1))
        for one in models:
            self._add(one, fleet)

    def _add(self, one: Retrained, fleet: Fleet) -> None:
        name = one.team.model.title()
        home = ModelHome(self, name, name=one.team.model, removal_policy=RemovalPolicy.DESTROY)
        dataset = Dataset.csv(
            f"s3://{home.bucket_name}/raw/training/",
            label="returned",
            timestamp="at",
            entity="shop",
            row_key=("id",),
            columns=COLUMNS,
            features=("shop", "items", "price"),
        )
        training = TrainingWorkflow(
            self,
            f"{name}Training",
            home=home,
            dataset=dataset,
            algorithm=BuiltInAlgorithm.xgboost(
                objective="binary:logistic", num_round=one.rounds, eval_metric="auc"
            ),
            split=Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1)),
            quality=QualityRules(minimum_rows=50),
            evaluation=Evaluation(bootstrap=50),
            # A challenger may be somewhat worse: these tests are about the machines, not about winning.
            gate=Gate(at_least={"auc": 0.55}, better_than_champion="auc", margin=-0.3),
            approval=one.approval,
        )
        release = None
        if one.serves:
            release = RealTimeInferenceWorkflow(
                self,
                f"{name}Serving",
                home=home,
                dataset=dataset,
                serving=Serving(instances=1, alarms=RollbackAlarms.none()),
                rollout=AllAtOnce(bake=timedelta(0)),
                golden=None,
            )
        RetrainingWorkflow(
            self,
            f"{name}Retraining",
            home=home,
            training=training,
            release=release,
            triggers=one.triggers,
            window=WINDOW,
            fleet=fleet,
            patience=PATIENCE,
            label_delay=datetime.now(UTC).replace(microsecond=0) - LABELLED_UNTIL,
        )
        CfnOutput(self, f"{name}Bucket", value=home.bucket_name)
        CfnOutput(self, f"{name}Table", value=home.audit_table_name)
        if one.serves:
            CfnOutput(self, "FleetTable", value=fleet.table_name)


def synthesize(folder: Path, *models: Retrained) -> Path:
    """The stack as the CDK CLI deploys it."""
    app = App(outdir=str(folder))
    RetrainingStack(app, STACK, models=models)
    return Path(app.synth().directory)
