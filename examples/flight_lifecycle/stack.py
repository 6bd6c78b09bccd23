"""The stack of a team whose model is kept alive: trained, released, monitored, retrained."""

from datetime import date, timedelta

from aws_cdk import RemovalPolicy
from constructs import Construct

from examples.flight_delay.dataset import flights, rules
from examples.flight_lifecycle.team import JUDGED, TEAM, TRIGGERS
from mdlc_constructs import (
    BuiltInAlgorithm,
    Canary,
    ExpandingWindow,
    Gate,
    Labels,
    Patience,
    Probes,
    RollbackAlarms,
    Serving,
    Split,
)
from stacks.model_team import ModelTeam, ModelTeamStack

PROBES, ALARMS = Probes(tolerance=0.6), RollbackAlarms(quality_share=0.1)
"""What sends a release back, wider than by default: a model that has seen a summer's storms tells one flight
in twenty from one that has not by more than half."""

LIFECYCLE = ModelTeam(
    name=TEAM.model,
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
    split=Split.by_time(validation_from=date(2013, 4, 11), holdout_from=date(2013, 4, 21)),
    quality=rules(),
    gate=Gate(at_least={"auc": 0.6}, better_than_champion="auc"),
    serving=Serving(alarms=ALARMS),
    rollout=Canary(percent=50, bake=timedelta(minutes=5)),
    probes=PROBES,
    labels=lambda uri: Labels(uri=uri, by="row_key"),
    segments=("carrier", "origin"),
    triggers=TRIGGERS,
    window=ExpandingWindow(holdout=JUDGED),
    patience=Patience(debounce=timedelta(minutes=1), cool_down=timedelta(minutes=5)),
)


class FlightLifecycleStack(ModelTeamStack):
    """One model, and the loop that keeps it good.

    The first model learns from the flights before 11 April, chooses its trees on the next ten days and is
    judged on the last ten of April. From then on nobody says when to train on what.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_, team=LIFECYCLE, removal_policy=RemovalPolicy.DESTROY)
