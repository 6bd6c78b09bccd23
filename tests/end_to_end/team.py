"""A model team for tests: small made-up orders with a real signal in them, and its stack."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Canary,
    Dataset,
    Evaluation,
    Gate,
    GoldenChecks,
    ModelHome,
    Outliers,
    Probes,
    QualityRules,
    RealTimeInferenceWorkflow,
    Serving,
    Split,
    TrainingWorkflow,
)
from mdlc_constructs.settings.delivery import Delivery
from tests.end_to_end.team_decisions import add_decisions
from tests.end_to_end.team_monitoring import add_monitoring

COLUMNS = {
    "id": "text",
    "at": "timestamp",
    "shop": "category",
    "items": "integer",
    "price": "number",
    "returned": "integer",
}
DAYS = 360
TAGS = {"team": "orders", "cost-center": "47 / returns"}
"""What the whole app is tagged with."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """What differs between the stacks of the tests.

    Attributes:
        own: whether the team brings a bucket of its own, encrypted with a key of its own. They stay when the
            stack is deleted.
        serving: the endpoint to which approved versions are released; none unless given.
        delivery: what clients get of a published batch; nothing besides the files unless given.
        golden: how near answers to recorded rows must come.
        canary: percent of the traffic that a new version gets at first, and `bake` for how long.
        probes: what is asked of the endpoint meanwhile.
        decides: whether there is a decision API in front of the endpoint.
        monitors: whether both ways of serving are monitored.
    """

    model: str
    rounds: int = 10
    max_parallel: int = 4
    own: bool = False
    serving: Serving | None = None
    delivery: Delivery | None = None
    # Two more rounds of boosting move single answers by more than a twentieth.
    golden: GoldenChecks = field(default_factory=lambda: GoldenChecks(tolerance=0.15))
    canary: int = 50
    bake: timedelta = timedelta(minutes=4)
    probes: Probes = field(default_factory=Probes)
    retained: int = 2
    decides: bool = False
    monitors: bool = False

    @property
    def stack(self) -> str:
        """The stack's name."""
        return "".join(word.title() for word in self.model.split("-"))


class TeamStack(Stack):
    """A home with both workflows, everything removed with the stack."""

    def __init__(self, scope: Construct, id_: str, *, team: Team) -> None:
        super().__init__(scope, id_)
        home = ModelHome(
            self,
            "Model",
            name=team.model,
            bucket=self.own_bucket() if team.own else None,
            removal_policy=RemovalPolicy.DESTROY,
        )

        def orders(prefix: str) -> Dataset:
            return Dataset.csv(
                f"s3://{home.bucket_name}/{prefix}/",
                label="returned",
                timestamp="at",
                entity="shop",
                row_key=("id",),
                columns=COLUMNS,
                features=("shop", "items", "price"),
            )

        TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=orders("raw/training"),
            algorithm=BuiltInAlgorithm.xgboost(
                objective="binary:logistic", num_round=team.rounds, eval_metric="auc"
            ),
            split=Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1)),
            quality=QualityRules(minimum_rows=50),
            evaluation=Evaluation(bootstrap=50),
            # A challenger may be this much worse: these tests are about the comparison, not about winning it.
            gate=Gate(at_least={"auc": 0.65}, better_than_champion="auc", margin=-0.3),
        )
        batch = BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=orders("raw/batch"),
            quality=QualityRules(minimum_rows=50, outliers={"price": Outliers(robust_z=20, share=0.02)}),
            max_parallel=team.max_parallel,
            moves_champion=team.serving is None,
            delivery=team.delivery,
        )
        if team.serving is not None:
            released = RealTimeInferenceWorkflow(
                self,
                "Serving",
                home=home,
                dataset=orders("raw/training"),
                serving=team.serving,
                rollout=Canary(percent=team.canary, bake=team.bake),
                golden=team.golden,
                probes=team.probes,
                retained=team.retained,
            )
            if team.decides:
                add_decisions(self, home, released, orders("raw/training"))
            if team.monitors:
                add_monitoring(self, home, orders("raw/training"), endpoint=released, batch=batch)
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)

    def own_bucket(self) -> s3.Bucket:
        """A bucket as a team may have it already; it has the logical id that a home's own would have."""
        return s3.Bucket(
            self, "ModelBucket", encryption_key=kms.Key(self, "ModelKey"), versioned=True, enforce_ssl=True
        )


def write_orders(
    folder: Path,
    *,
    seed: int,
    rows: int = 3000,
    files: int = 3,
    shuffled: bool = False,
    inverted: tuple[str, ...] = (),
) -> list[Path]:
    """Orders of 2013, one file a part of the year.

    Args:
        shuffled: takes the signal out of the label.
        inverted: shops whose label says the opposite, as after a fault in a system of theirs.
    """
    random = np.random.default_rng(seed)
    day = np.sort(random.integers(0, DAYS, rows))
    shop = random.choice(["north", "south", "west"], rows)
    items = random.integers(1, 9, rows)
    price = np.round(random.gamma(2.0, 30.0, rows), 2)
    logit = -1.5 + 0.25 * items + 0.012 * price + np.where(shop == "west", 0.8, 0.0) - 1.2
    returned = (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    if shuffled:
        returned = random.permutation(returned)
    returned = np.where(np.isin(shop, inverted), 1 - returned, returned)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for part in range(files):
        lines = ["id,at,shop,items,price,returned"]
        for row in range(part * rows // files, (part + 1) * rows // files):
            at = np.datetime64("2013-01-01") + np.timedelta64(int(day[row]), "D")
            lines.append(f"o{seed}-{row},{at}T10:00:00,{shop[row]},{items[row]},{price[row]},{returned[row]}")
        path = folder / f"orders-{part}.csv"
        path.write_text("\n".join(lines) + "\n")
        paths.append(path)
    return paths


def synthesize(folder: Path, *teams: Team) -> Path:
    """The teams' stacks as the CDK CLI deploys them, in a folder of their own below `folder`.

    Made in this process, which has the jsii kernel (Node) running: an app started by the CLI takes seconds.
    """
    app = App(outdir=str(folder / f"cdk.out.{len(list(folder.glob('cdk.out.*')))}"))
    for team in teams:
        TeamStack(app, team.stack, team=team)
    for key, value in TAGS.items():
        Tags.of(app).add(key, value)
    return Path(app.synth().directory)
