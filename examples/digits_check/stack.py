"""Which digit an image shows: images on channels, checked before Image Classification trains on them."""

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from mdlc_constructs import (
    BuiltInAlgorithm,
    Channels,
    ChannelTrainingWorkflow,
    Compute,
    Gate,
    ModelHome,
    S3Channel,
)


class DigitsCheckStack(Stack):
    """Checks the images. The algorithm trains on AWS only: no library stands in for it."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name="digits", removal_policy=RemovalPolicy.DESTROY)
        inputs = {
            name: S3Channel(uri=f"s3://{home.bucket_name}/raw/{name}/", content_type="application/x-image")
            for name in ("train", "train_lst", "validation", "validation_lst")
        }
        ChannelTrainingWorkflow(
            self,
            "Training",
            home=home,
            channels=Channels(inputs=inputs),
            algorithm=BuiltInAlgorithm.image_classification(num_classes=10, num_training_samples=200),
            gate=Gate(at_least={"validation:accuracy": 0.75}),
            training_compute=Compute(instance_type="ml.g4dn.xlarge"),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
