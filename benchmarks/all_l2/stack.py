"""Synthesizes model stacks of L2 constructs: `python -m benchmarks.all_l2.stack NUMBER OUTDIR`."""

import sys

from aws_cdk import App, Stack
from constructs import Construct

from benchmarks.all_l2.batch_inference import BatchInference
from benchmarks.all_l2.home import Home
from benchmarks.all_l2.statements import clean_up, job_role, model_bucket, running
from benchmarks.all_l2.training import Training


class ModelStack(Stack):
    """A home, a training and a batch inference workflow of one model."""

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        home = Home(self, "Model", name=name)
        home.clean_up(clean_up(home))
        model_role = job_role(
            self,
            "ModelRole",
            [
                *running(home, "TransformJobs", "sagemaker-xgboost"),
                *model_bucket(home, reads=["training", "splits", "prepared"], writes=["scores"]),
            ],
        )
        Training(self, "Training", home=home, model_role=model_role)
        BatchInference(self, "BatchInference", home=home, model_role=model_role)


def synthesize(number: int, outdir: str) -> None:
    """Write the cloud assembly of an app with that many model stacks."""
    app = App(outdir=outdir)
    for index in range(number):
        ModelStack(app, f"Model{index}", name=f"model-{index}")
    app.synth()


if __name__ == "__main__":
    synthesize(int(sys.argv[1]), sys.argv[2])
