"""The image and the model of the probes: AWS's scikit-learn image with a script that needs no training."""

from __future__ import annotations

import io
import tarfile

from mdlc_cli.aws.local import REGION
from mdlc_cli.conformance.bench import Bench, UnansweredError

INSTANCE = "ml.m5.large"

_SCRIPT = b'''"""Answers each request with its text in upper case."""

def model_fn(model_dir):
    return None

def transform_fn(model, body, content_type, accept):
    text = body.decode() if isinstance(body, bytes) else body
    return text.upper(), "text/csv"
'''


def image(bench: Bench) -> str:
    """The URI of the image in the region.

    Raises:
        UnansweredError: AWS publishes no such image there.
    """
    from mdlc_constructs.settings.image import Image

    try:
        return Image.jobs().uri(bench.target.region or REGION)
    except ValueError as error:
        raise UnansweredError(str(error)) from error


def container(bench: Bench) -> dict[str, object]:
    """A container of a model that answers with the request in upper case; uploads its archive."""
    key = "model/model.tar.gz"
    bench.client("s3").put_object(Bucket=bench.outputs["Bucket"], Key=key, Body=_archive())
    return {
        "Image": image(bench),
        "ModelDataUrl": f"s3://{bench.outputs['Bucket']}/{key}",
        "Environment": {
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }


def model(bench: Bench, containers: int = 1) -> str:
    """Creates a model of as many such containers; its name."""
    name, container_ = bench.name("model"), container(bench)
    bench.client("sagemaker").create_model(
        ModelName=name,
        ExecutionRoleArn=bench.outputs["Jobs"],
        **(
            {"PrimaryContainer": container_} if containers == 1 else {"Containers": [container_] * containers}
        ),
    )
    return name


def _archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("code/serve.py")
        info.size = len(_SCRIPT)
        archive.addfile(info, io.BytesIO(_SCRIPT))
    return packed.getvalue()
