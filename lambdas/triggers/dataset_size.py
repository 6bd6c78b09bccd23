"""Measures the training data by listing its files, without reading them."""

from typing import TYPE_CHECKING

from lambdas.planning.sources import listed, split_uri
from lambdas.triggers.store import TrainingData

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def dataset_size(s3: "S3Client", uri: str, *, rows: int | None = None) -> TrainingData:
    """The number of files and bytes below a dataset's URI; both are 0 without files."""
    bucket, prefix = split_uri(uri)
    files = size = 0
    for entry in listed(s3, bucket, prefix):
        files, size = files + 1, size + entry["Size"]
    return TrainingData(files=files, size=size, rows=rows)
