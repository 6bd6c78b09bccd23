"""Who built a plane: texts on channels, classified by BlazingText, without a table or a feature program."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from examples.plane_names.data import CLASSES
from mdlc_constructs import (
    BuiltInAlgorithm,
    ChannelBatchInferenceWorkflow,
    Channels,
    ChannelTrainingWorkflow,
    Gate,
    ModelHome,
    S3Channel,
)


class PlaneNamesStack(Stack):
    """Trains on lines of text, judges answers to others, and scores JSON lines."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name="plane-names", removal_policy=RemovalPolicy.DESTROY)
        raw = f"s3://{home.bucket_name}/raw"
        texts = {
            part: S3Channel(uri=f"{raw}/{part}/", content_type="text/plain")
            for part in ("train", "validation")
        }
        holdout = S3Channel(uri=f"{raw}/holdout/", content_type="text/plain")
        channels = Channels(inputs=texts, holdout=holdout, classes=CLASSES)
        words = BuiltInAlgorithm.blazingtext(
            mode="supervised", epochs=50, learning_rate=0.1, min_count=1, vector_dim=30, word_ngrams=2
        )
        # 59 percent of the holdout are of the most frequent maker.
        gate = Gate(at_least={"accuracy": 0.75}, better_than_champion="accuracy")
        ChannelTrainingWorkflow(self, "Training", home=home, channels=channels, algorithm=words, gate=gate)
        batch = S3Channel(uri=f"{raw}/batch/", content_type="application/jsonlines")
        ChannelBatchInferenceWorkflow(self, "BatchInference", home=home, channel=batch)
        CfnOutput(self, "BucketName", value=home.bucket_name)
