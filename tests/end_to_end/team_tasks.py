"""Two models of orders, one of several classes and one of a number, that live from drift to a new release."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from mdlc_constructs import (
    AllAtOnce,
    Budget,
    BuiltInAlgorithm,
    Dataset,
    Evaluation,
    Fleet,
    Gate,
    Labels,
    ModelHome,
    MonitorAlarms,
    MonitoringWorkflow,
    OnAccuracyLoss,
    OnDrift,
    OnRequest,
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
from tests.end_to_end.team import Team

STACK = "Tasks"
CLASSES = ("kept", "returned", "swapped")
COLUMNS = {
    "id": "text",
    "at": "timestamp",
    "shop": "category",
    "items": "integer",
    "price": "number",
    "ending": "category",
    "cost": "number",
}
PATIENCE = Patience(
    debounce=timedelta(seconds=10), cool_down=timedelta(minutes=1), grows=1, longest=timedelta(hours=1)
)
WINDOW = SinceDrift(shortest=timedelta(days=50), longest=timedelta(days=240), holdout=timedelta(days=30))
TURN = np.datetime64("2013-10-01")
"""When prices rose and customers began to behave otherwise."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A model of the stack.

    Attributes:
        metric: by which challenger and champion are compared.
        trigger: what retrains it besides a request.
        alarm: the worst good values of metrics.
    """

    name: str
    label: str
    metric: str
    trigger: Trigger
    algorithm: BuiltInAlgorithm
    alarms: MonitorAlarms
    classes: tuple[str, ...] = ()

    @property
    def team(self) -> Team:
        """The model as the embedded AWS's helpers name it."""
        return Team(model=self.name)


ENDING = Task(
    name="ending",
    label="ending",
    metric="log_loss",
    trigger=OnDrift(columns=("price",)),
    algorithm=BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=12, max_depth=3),
    alarms=MonitorAlarms(accuracy={"recall:swapped": 0.9}),
    classes=CLASSES,
)
COST = Task(
    name="cost",
    label="cost",
    metric="mae",
    trigger=OnAccuracyLoss(metric="mae", beyond_chance=True),
    algorithm=BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=30, max_depth=3),
    alarms=MonitorAlarms(accuracy={"rmse": 1000.0}),
)


class TasksStack(Stack):
    """Both models with all workflows, in one fleet."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        fleet = Fleet(self, "Fleet", budget=Budget(jobs=2, instances=2))
        for task in (ENDING, COST):
            self._add(task, fleet)

    def _add(self, task: Task, fleet: Fleet) -> None:
        name = task.name.title()
        home = ModelHome(self, name, name=task.name, removal_policy=RemovalPolicy.DESTROY)
        dataset = Dataset.csv(
            f"s3://{home.bucket_name}/raw/training/",
            label=task.label,
            timestamp="at",
            row_key=("id",),
            columns=COLUMNS,
            features=("shop", "items", "price"),
            task="multiclass" if task.classes else "regression",
            classes=task.classes,
        )
        training = TrainingWorkflow(
            self,
            f"{name}Training",
            home=home,
            dataset=dataset,
            algorithm=task.algorithm,
            split=Split.by_time(
                validation_from=datetime(2013, 7, 1).date(), holdout_from=datetime(2013, 8, 1).date()
            ),
            quality=QualityRules(minimum_rows=50),
            evaluation=Evaluation(bootstrap=50, importance_rows=0),
            gate=Gate(better_than_champion=task.metric),
        )
        release = RealTimeInferenceWorkflow(
            self,
            f"{name}Serving",
            home=home,
            dataset=dataset,
            serving=Serving(instances=1, alarms=RollbackAlarms.none()),
            rollout=AllAtOnce(bake=timedelta(0)),
            golden=None,
        )
        MonitoringWorkflow(
            self,
            f"{name}Monitoring",
            home=home,
            dataset=dataset,
            endpoint=release,
            labels=Labels(uri=dataset.uri, delay=timedelta(seconds=1)),
            evaluation=Evaluation(bootstrap=50),
            alarms=task.alarms,
            protected=("shop",),
            least_rows=50,
            consistency=None,
            joint=False,
        )
        RetrainingWorkflow(
            self,
            f"{name}Retraining",
            home=home,
            training=training,
            release=release,
            triggers=(OnRequest(), task.trigger),
            window=WINDOW,
            fleet=fleet,
            patience=PATIENCE,
            label_delay=datetime.now(UTC).replace(microsecond=0) - datetime(2013, 12, 26, tzinfo=UTC),
        )
        CfnOutput(self, f"{name}Bucket", value=home.bucket_name)
        CfnOutput(self, f"{name}Table", value=home.audit_table_name)


def synthesize(folder: Path) -> Path:
    """The stack as the CDK CLI deploys it."""
    app = App(outdir=str(folder))
    TasksStack(app, STACK)
    return Path(app.synth().directory)


def orders(first: str, days: int, rows: int, *, seed: int) -> list[dict[str, str]]:
    """Orders of some days; from `TURN` on they are dearer, and end and cost otherwise."""
    random = np.random.default_rng(seed)
    at = np.datetime64(first) + np.sort(random.integers(0, days, rows)).astype("timedelta64[D]")
    turned = at >= TURN
    shop = random.choice(["north", "south", "west"], rows)
    items = random.integers(1, 9, rows)
    price = np.round(random.gamma(2.0, 30.0, rows) * np.where(turned, 2.5, 1.0), 2)
    slope = np.where(turned, -0.6, 0.6)
    logits = np.stack(
        [np.zeros(rows), slope * (items - 4.5), np.where(shop == "west", 2.0, -0.5) * np.where(turned, -1, 1)]
    )
    chance = np.exp(logits) / np.exp(logits).sum(axis=0)
    ending = (random.random(rows) > chance.cumsum(axis=0)).sum(axis=0).clip(0, 2)
    cost = np.where(turned, 40.0 - 3 * items, 5.0 + 3 * items) + 0.05 * price + random.normal(0, 2, rows)
    return [
        {
            "id": f"o{seed}-{row}",
            "at": f"{at[row]}T10:00:00",
            "shop": str(shop[row]),
            "items": str(items[row]),
            "price": str(price[row]),
            "ending": CLASSES[ending[row]],
            "cost": f"{cost[row]:.2f}",
        }
        for row in range(rows)
    ]


def write_csv(rows: list[dict[str, str]], path: Path) -> Path:
    """Write orders as a file of training data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(COLUMNS), *(",".join(row[name] for name in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path
