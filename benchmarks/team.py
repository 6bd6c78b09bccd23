"""Synthesizes stacks of five workflows and a decision API: `python -m benchmarks.team NUMBER OUTDIR`."""

import sys
from dataclasses import replace

from aws_cdk import App, RemovalPolicy

from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import BuiltInAlgorithm, Dataset, Decisions, Fallback, Gate, Labels, OnDrift
from stacks.model_team import ModelTeam, ModelTeamStack


def rebook_or_wait(dataset: Dataset) -> Decisions:
    """The settings of the decision API about flights."""
    return Decisions.about(dataset, decisions=("rebook", "wait"), fallback=Fallback(decision="wait"))


RULES = {
    "schema_version": 1,
    "version": "1",
    "overrides": [],
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}

TEAM = ModelTeam(
    name="model",
    dataset=flights,
    algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200),
    split=split(),
    quality=rules(),
    gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
    decisions=rebook_or_wait,
    rules=RULES,
    labels=lambda uri: Labels(uri=uri, by="row_key"),
    triggers=(OnDrift(),),
)


def synthesize(number: int, outdir: str) -> None:
    """Write the cloud assembly of an app with the stacks of that many teams."""
    app = App(outdir=outdir)
    for index in range(number):
        team = replace(TEAM, name=f"model-{index}")
        ModelTeamStack(app, f"Model{index}", team=team, removal_policy=RemovalPolicy.DESTROY)
    app.synth()


if __name__ == "__main__":
    synthesize(int(sys.argv[1]), sys.argv[2])
