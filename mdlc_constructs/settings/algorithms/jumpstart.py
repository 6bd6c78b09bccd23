"""Algorithms that run as a framework's image with scripts and artefacts of JumpStart's bucket: unverified.

Source of the keys of the classification by LightGBM, CatBoost and AutoGluon: JumpStart's specifications in
the tests of the SageMaker Python SDK. The keys of the others are formed in the same way and were not seen. A
container in network isolation cannot download its scripts, so they are a channel, as in the SDK.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from mdlc_constructs.settings.algorithms.document import document
from mdlc_constructs.settings.algorithms.script import CODE_CHANNEL
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token

BUCKET = "jumpstart-cache-prod-${Region}"
"""The name of JumpStart's bucket in the stack's region. Source: ``region_config.json`` of the same SDK."""

MODEL_CHANNEL = "model"


@dataclass(frozen=True, kw_only=True)
class JumpStart:
    """Where the scripts and artefacts of an algorithm are.

    Attributes:
        algorithm: the name of the algorithm.
        code_uri: of the archive with the scripts; by default that of the task.
        model_uri: of the archive with the artefacts; by default that of the task.
        task: of the dataset; empty until it is known.
    """

    algorithm: str
    code_uri: str = ""
    model_uri: str = ""
    task: str = ""

    @classmethod
    def of(cls, algorithm: str, *, code_uri: str = "", model_uri: str = "") -> Self:
        """The place of an algorithm's scripts and artefacts.

        Raises:
            ValueError: for a URI that is no object in S3.
        """
        for name, uri in (("code_uri", code_uri), ("model_uri", model_uri)):
            if not isinstance(uri, str):
                raise refusal(name, uri, "give a text such as 's3://bucket/key/sourcedir.tar.gz'.")
            if uri and not has_token(uri) and (not uri.startswith("s3://") or not uri.endswith(".tar.gz")):
                raise refusal(
                    name, uri, "give the archive's URI, such as 's3://bucket/key/sourcedir.tar.gz'."
                )
        return cls(algorithm=algorithm, code_uri=code_uri, model_uri=model_uri)

    def check_compute(self, compute: Compute) -> None:
        """Refuse several instances for JumpStart's own scripts, which are older than distributed training.

        Source: "Amazon SageMaker built-in LightGBM now offers distributed training using Dask", AWS's blog of
        2023, which is later than version 1.0.0 of the scripts.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        if compute.instance_count > 1 and not self.code_uri:
            raise refusal(
                "instance_count",
                compute.instance_count,
                "JumpStart's scripts (version 1.0.0) train on one instance; give 1, or code_uri=... with "
                "scripts that train on several.",
            )

    def for_task(self, task: str) -> Self:
        """The place for a task of a dataset."""
        return replace(self, task=task)

    @property
    def hyperparameters(self) -> Mapping[str, str]:
        """What tells the framework's container which script to run."""
        archive = f"/opt/ml/input/data/{CODE_CHANNEL}/{self.channels[CODE_CHANNEL].rsplit('/', 1)[-1]}"
        return {"sagemaker_program": self._row["program"], "sagemaker_submit_directory": archive}

    @property
    def channels(self) -> Mapping[str, str]:
        """The URI of each channel that is no part of the dataset."""
        scripts, artifacts = self._row["scripts"], self._row["artifacts"]
        task = self.task or next(iter(scripts))
        return {
            CODE_CHANNEL: self.code_uri or f"s3://{BUCKET}/{scripts[task]}",
            MODEL_CHANNEL: self.model_uri or f"s3://{BUCKET}/{artifacts[task]}",
        }

    @property
    def serving_repository(self) -> str:
        """The repository of the image that serves."""
        return str(self._row["serving"])

    @property
    def _row(self) -> dict[str, Any]:
        row: dict[str, Any] = document()["algorithms"][self.algorithm]["jumpstart"]
        return row
