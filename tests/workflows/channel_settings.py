"""Settings of trainings on channels and of batches of files that several tests start from."""

from mdlc_constructs import Channels, CustomImage, Gate, S3Channel
from mdlc_constructs.workflows.channel_batch.settings import ChannelBatchSettings
from mdlc_constructs.workflows.channel_training.settings import ChannelTrainingSettings

IMAGE = "222222222222.dkr.ecr.us-west-2.amazonaws.com/team/texts:3"
TEXTS = CustomImage(image_uri=IMAGE, content_type="application/jsonlines")
LINES = Channels(
    inputs={
        part: S3Channel(uri=f"s3://bucket/raw/{part}/", content_type="text/plain")
        for part in ("train", "validation")
    },
    holdout=S3Channel(uri="s3://bucket/raw/holdout/", content_type="text/plain"),
    classes=("bird", "plane"),
)
PICTURES = Channels(
    inputs={
        part: S3Channel(uri=f"s3://bucket/raw/{part}/", content_type="image/png")
        for part in ("train", "validation")
    }
)
ON_LINES = ChannelTrainingSettings(
    model="names", channels=LINES, algorithm=TEXTS, gate=Gate(at_least={"accuracy": 0.8})
)
ON_PICTURES = ChannelTrainingSettings(
    model="digits",
    channels=PICTURES,
    algorithm=TEXTS,
    gate=Gate(at_least={"validation:accuracy": 0.9}, at_most={"train:cross_entropy": 0.5}),
)
FILES = ChannelBatchSettings(
    model="names", channel=S3Channel(uri="s3://bucket/raw/batch/", content_type="application/jsonlines")
)
