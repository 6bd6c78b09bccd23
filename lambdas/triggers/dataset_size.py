"""How much there is to train on, counted without looking into files."""

from typing import Any

from lambdas.planning.sources import listed, split_uri
from lambdas.triggers.store import Trained


def counted(s3: Any, uri: str, *, rows: int | None = None) -> Trained:
    """Files and bytes below a dataset's URI; none is no error here."""
    bucket, prefix = split_uri(uri)
    files = size = 0
    for one in listed(s3, bucket, prefix):
        files, size = files + 1, size + one["Size"]
    return Trained(files=files, size=size, rows=rows)
