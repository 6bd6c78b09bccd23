"""The stack of the flight delay team: training, batch inference, releases, and a decision API."""

from datetime import timedelta

from aws_cdk import Environment, RemovalPolicy
from constructs import Construct

from examples.flight_delay.dataset import flights, rules, split
from examples.flight_delay.rebook_or_wait import RebookOrWait
from mdlc_constructs import BuiltInAlgorithm, Canary, Gate, GoldenChecks, Probes, RollbackAlarms, Serving
from stacks.model_team import ModelTeam, ModelTeamStack

TEAM = ModelTeam(
    name="flight-delay",
    dataset=flights,
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
    serving=Serving(instances=2, alarms=RollbackAlarms(quality_share=0.05)),
    rollout=Canary(percent=50, bake=timedelta(minutes=10)),
    golden=GoldenChecks(tolerance=0.1),
    probes=Probes(tolerance=0.15),
    # The data is of 2013, so there is no new traffic to monitor.
    monitored=False,
)
"""The tolerances are based on good models with other depths and seeds, on the flights of December: at most 2
in 100 of their answers differ by more than 0.15, and none of the golden ones by more than 0.1."""


class FlightDelayStack(ModelTeamStack):
    """Trains on `raw/training/`, scores `raw/batch/`, serves approved versions, and makes decisions."""

    def __init__(self, scope: Construct, id_: str, *, env: Environment | None = None) -> None:
        super().__init__(scope, id_, team=TEAM, env=env, removal_policy=RemovalPolicy.DESTROY)
        RebookOrWait(self, "RebookOrWait", home=self.home, endpoint=self.release, dataset=self.dataset)
