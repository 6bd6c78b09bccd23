"""How far diabetes goes in a year, predicted by a script of the team's own on AWS's scikit-learn image."""

from datetime import timedelta
from pathlib import Path

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.diabetes.data import COLUMNS
from mdlc_constructs import (
    AllAtOnce,
    BatchInferenceWorkflow,
    Dataset,
    Gate,
    ModelHome,
    QualityRules,
    RealTimeInferenceWorkflow,
    Script,
    Serving,
    TrainingWorkflow,
)

CODE = Path(__file__).parent / "code"


class ScriptModeStack(Stack):
    """Trains by `code/train.py`, scores files, and answers requests."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = ModelHome(self, "Model", name="script-mode", removal_policy=RemovalPolicy.DESTROY)
        script = Script(
            framework="scikit-learn",
            source_dir=str(CODE),
            entry_point="train.py",
            hyperparameters={"trees": 80, "max-depth": 2},
        )
        patients = self.patients("training")
        gate = Gate(at_least={"r2": 0.2}, better_than_champion="rmse")
        TrainingWorkflow(self, "Training", home=self.home, dataset=patients, algorithm=script, gate=gate)
        batch = self.patients("batch")
        rules = QualityRules(minimum_rows=1)
        BatchInferenceWorkflow(
            self, "BatchInference", home=self.home, dataset=batch, quality=rules, moves_champion=False
        )
        RealTimeInferenceWorkflow(
            self,
            "Serving",
            home=self.home,
            dataset=patients,
            serving=Serving(instances=1),
            rollout=AllAtOnce(bake=timedelta(minutes=2)),
        )
        CfnOutput(self, "BucketName", value=self.home.bucket_name)

    def patients(self, folder: str) -> Dataset:
        """The patients in a folder of the model's bucket."""
        uri = f"s3://{self.home.bucket_name}/raw/{folder}/"
        return Dataset.csv(uri, task="regression", label="progression", columns=COLUMNS)
