"""How many minutes late a flight will arrive, asked when it departs, by a linear model in R."""

from pathlib import Path

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.arrival_delay_r.data import COLUMNS
from mdlc_constructs import (
    BatchInferenceWorkflow,
    CustomContainer,
    Dataset,
    Gate,
    ModelHome,
    RealTimeInferenceWorkflow,
    Serving,
    TrainingWorkflow,
)


class ArrivalDelayStack(Stack):
    """Trains on earlier flights, scores files of others, and answers from an endpoint."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = home = ModelHome(
            self, "Model", name="arrival-delay", removal_policy=RemovalPolicy.DESTROY
        )
        training, batch = (
            Dataset.csv(uri, task="regression", label="arr_delay", timestamp="time", columns=COLUMNS)
            for uri in (f"s3://{home.bucket_name}/raw/{folder}/" for folder in ("training", "batch"))
        )
        own = CustomContainer.r(Path(__file__).parent / "model", hyperparameters={"degree": 2})
        gate = Gate(at_least={"r2": 0.75}, at_most={"mae": 14}, better_than_champion="rmse")
        TrainingWorkflow(self, "Training", home=home, dataset=training, algorithm=own, gate=gate)
        BatchInferenceWorkflow(self, "BatchInference", home=home, dataset=batch)
        serving = Serving(instance_type="ml.m5.large", instances=1)
        RealTimeInferenceWorkflow(self, "Serving", home=home, dataset=training, serving=serving, golden=None)
        CfnOutput(self, "BucketName", value=home.bucket_name)
