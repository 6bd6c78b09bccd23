"""The whole stack of the flight delay team: a home, a training and a batch inference workflow."""

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from constructs import Construct

from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import BatchInferenceWorkflow, BuiltInAlgorithm, Gate, ModelHome, TrainingWorkflow


class FlightDelayStack(Stack):
    """Trains on `raw/training/` and scores `raw/batch/`, both in the model's own bucket."""

    def __init__(self, scope: Construct, id_: str, *, env: Environment | None = None) -> None:
        super().__init__(scope, id_, env=env)
        home = ModelHome(self, "Model", name="flight-delay", removal_policy=RemovalPolicy.DESTROY)
        self.training = TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/training/"),
            algorithm=BuiltInAlgorithm.xgboost(
                objective="binary:logistic",
                num_round=200,
                eval_metric="auc",
                early_stopping_rounds=20,
                max_depth=6,
                eta=0.1,
                subsample=0.8,
            ),
            split=split(),
            quality=rules(),
            gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
        )
        self.batch_inference = BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=flights(f"s3://{home.bucket_name}/raw/batch/"),
            quality=rules(),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)
