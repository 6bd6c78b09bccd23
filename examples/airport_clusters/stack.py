"""Which region an airport is in: five clusters by k-means, without a label."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.airport_clusters.data import COLUMNS
from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    Gate,
    ModelHome,
    RealTimeInferenceWorkflow,
    TrainingWorkflow,
)


class AirportClustersStack(Stack):
    """Trains on a random part of the airports, scores files of others, and answers requests."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.home = home = ModelHome(self, "Model", name="airports", removal_policy=RemovalPolicy.DESTROY)
        # Five clusters by latitude alone have a silhouette of 0.21, random ones of the same sizes below 0.
        gate = Gate(at_least={"silhouette": 0.35, "smallest_cluster_share": 0.03})
        airports, k_means = self.airports("training"), BuiltInAlgorithm.kmeans(k=5)
        TrainingWorkflow(self, "Training", home=home, dataset=airports, algorithm=k_means, gate=gate)
        BatchInferenceWorkflow(self, "Batch", home=home, dataset=self.airports("batch"), moves_champion=False)
        RealTimeInferenceWorkflow(self, "Serving", home=home, dataset=airports)
        CfnOutput(self, "BucketName", value=home.bucket_name)

    def airports(self, folder: str) -> Dataset:
        """The airports in a folder of the model's bucket; the columns have different units."""
        uri = f"s3://{self.home.bucket_name}/raw/{folder}/"
        return Dataset.csv(uri, task="cluster", row_key=("faa",), columns=COLUMNS, standardize=True)
