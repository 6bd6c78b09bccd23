"""How far diabetes goes in a year: a number, without a time and without an id."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.diabetes.data import COLUMNS
from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    Gate,
    ModelHome,
    Outliers,
    QualityRules,
    TrainingWorkflow,
)


class DiabetesStack(Stack):
    """Trains on a random part of the patients, and scores files of others."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = ModelHome(self, "Model", name="diabetes", removal_policy=RemovalPolicy.DESTROY)
        trees = BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=30, max_depth=2, eta=0.1)
        gate = Gate(at_least={"r2": 0.2}, better_than_champion="rmse")
        patients = self.patients("training")
        TrainingWorkflow(self, "Training", home=self.home, dataset=patients, algorithm=trees, gate=gate)
        rules = QualityRules(minimum_rows=1, outliers={"bmi": Outliers(robust_z=6)})
        batch = self.patients("batch")
        BatchInferenceWorkflow(self, "BatchInference", home=self.home, dataset=batch, quality=rules)
        CfnOutput(self, "BucketName", value=self.home.bucket_name)

    def patients(self, folder: str) -> Dataset:
        """The patients in a folder of the model's bucket."""
        uri = f"s3://{self.home.bucket_name}/raw/{folder}/"
        return Dataset.csv(uri, task="regression", label="progression", columns=COLUMNS)
