"""The script of the Glue job: it trains boosted trees and writes them to the URI in the plan."""

import argparse
import io
import tarfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np
import xgboost


def rows(s3: Any, uri: str) -> Any:
    """All rows below a prefix of CSV files without a header, with the label first."""
    place = urlsplit(uri)

    def parts() -> Iterator[Any]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=place.path[1:])
        for summary in (summary for page in pages for summary in page.get("Contents", ())):
            body = s3.get_object(Bucket=place.netloc, Key=summary["Key"])["Body"].read()
            yield np.genfromtxt(io.BytesIO(body), delimiter=",", ndmin=2)

    return np.concatenate(list(parts()))


def artifact(booster: Any) -> bytes:
    """The model in the form that the XGBoost image reads: a file `xgboost-model` in a tar.gz."""
    model, packed = booster.save_raw("ubj"), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(model)
        archive.addfile(entry, io.BytesIO(model))
    return packed.getvalue()


def main() -> None:
    """Train and write the artifact."""
    parser = argparse.ArgumentParser()
    for name in ("--train", "--artifact", "--rounds"):
        parser.add_argument(name, required=True)
    # Glue adds arguments of its own.
    chosen, _ = parser.parse_known_args()
    s3 = boto3.client("s3")
    table = rows(s3, chosen.train)
    booster = xgboost.train(
        {"objective": "binary:logistic"},
        xgboost.DMatrix(table[:, 1:], label=table[:, 0]),
        num_boost_round=int(chosen.rounds),
    )
    place = urlsplit(chosen.artifact)
    s3.put_object(Bucket=place.netloc, Key=place.path[1:], Body=artifact(booster))


if __name__ == "__main__":
    main()
