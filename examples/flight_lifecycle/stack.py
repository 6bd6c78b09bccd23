"""The stack of a team whose model is trained, released, monitored and retrained."""

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
"""Tolerance of probes and threshold of the alarm, wider than by default: for one flight in twenty, a model
trained on a summer with storms differs by more than half from one that was not."""

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
    """One model with its monitoring and retraining.

    The first model is trained on the flights before 11 April, validated on the next ten days to choose the
    number of trees, and judged on the last ten days of April. After that, all retrainings start by triggers.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_, team=LIFECYCLE, removal_policy=RemovalPolicy.DESTROY)
