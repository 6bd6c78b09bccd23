"""Synthesizes model stacks with this library's constructs: `python -m benchmarks.ours NUMBER OUTDIR`."""

import sys

from aws_cdk import App, RemovalPolicy, Stack
from constructs import Construct

from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import BatchInferenceWorkflow, BuiltInAlgorithm, Gate, ModelHome, TrainingWorkflow


class ModelStack(Stack):
    """A home, a training and a batch inference workflow of one model."""

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name=name, removal_policy=RemovalPolicy.DESTROY)
        TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/training/"),
            algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200),
            split=split(),
            quality=rules(),
            gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
        )
        BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/batch/"),
            quality=rules(),
        )


def synthesize(number: int, outdir: str) -> None:
    """Write the cloud assembly of an app with that many model stacks."""
    app = App(outdir=outdir)
    for index in range(number):
        ModelStack(app, f"Model{index}", name=f"model-{index}")
    app.synth()


if __name__ == "__main__":
    synthesize(int(sys.argv[1]), sys.argv[2])
