"""Which of three cultivars a wine is from: classes, without a time and without an id."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

import mdlc_constructs as mdlc
from examples.wine.data import CLASSES, MEASURES


class WineStack(Stack):
    """Trains on a random part of the wines, and scores files of others."""

    tuning: mdlc.Tuning | None = None

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = mdlc.ModelHome(self, "Model", name="wine", removal_policy=RemovalPolicy.DESTROY)
        self.training, batch = (self.wines(folder) for folder in ("training", "batch"))
        forest = mdlc.BuiltInAlgorithm.xgboost(
            objective="multi:softprob", num_round=20, eval_metric="mlogloss"
        )
        gate = mdlc.Gate(at_least={"auc_macro": 0.95, "recall:class_0": 0.8}, better_than_champion="log_loss")
        mdlc.TrainingWorkflow(
            self,
            "Training",
            home=self.home,
            dataset=self.training,
            algorithm=forest,
            gate=gate,
            tuning=self.tuning,
        )
        rules = mdlc.QualityRules(minimum_rows=1)
        mdlc.BatchInferenceWorkflow(self, "BatchInference", home=self.home, dataset=batch, quality=rules)
        CfnOutput(self, "BucketName", value=self.home.bucket_name)

    def wines(self, folder: str) -> mdlc.Dataset:
        """The wines in a folder of the model's bucket."""
        uri, columns = f"s3://{self.home.bucket_name}/raw/{folder}/", dict.fromkeys(MEASURES, "number")
        return mdlc.Dataset.csv(uri, task="multiclass", label="cultivar", classes=CLASSES, columns=columns)
