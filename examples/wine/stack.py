"""Which of three cultivars a wine is from: classes, without a time and without an id."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.wine.data import CLASSES, MEASURES
from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    Gate,
    ModelHome,
    QualityRules,
    TrainingWorkflow,
    Tuning,
)


class WineStack(Stack):
    """Trains on a random part of the wines, and scores files of others."""

    tuning: Tuning | None = None

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = ModelHome(self, "Model", name="wine", removal_policy=RemovalPolicy.DESTROY)
        self.training, batch = (self.wines(folder) for folder in ("training", "batch"))
        forest = BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=20, eval_metric="mlogloss")
        gate = Gate(at_least={"auc_macro": 0.95, "recall:class_0": 0.8}, better_than_champion="log_loss")
        TrainingWorkflow(
            self,
            "Training",
            home=self.home,
            dataset=self.training,
            algorithm=forest,
            gate=gate,
            tuning=self.tuning,
        )
        rules = QualityRules(minimum_rows=1)
        BatchInferenceWorkflow(self, "BatchInference", home=self.home, dataset=batch, quality=rules)
        CfnOutput(self, "BucketName", value=self.home.bucket_name)

    def wines(self, folder: str) -> Dataset:
        """The wines in a folder of the model's bucket."""
        uri, columns = f"s3://{self.home.bucket_name}/raw/{folder}/", dict.fromkeys(MEASURES, "number")
        return Dataset.csv(uri, task="multiclass", label="cultivar", classes=CLASSES, columns=columns)
