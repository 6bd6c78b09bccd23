"""A model team that uses AWS's built-in algorithms: trains, transforms, and reads what came out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from tests.local.embedded import REGION
from tests.local.sagemaker.lab import Lab, unique

ALGORITHMS = f"382416733822.dkr.ecr.{REGION}.amazonaws.com"
"""The registry of k-means and others in us-east-1."""


def csv(table: Any, labels: Any = None) -> str:
    """Rows as CSV, with their labels first."""
    if labels is not None:
        table = numpy.column_stack([labels, table])
    return "".join(",".join(f"{value:.7g}" for value in row) + "\n" for row in table)


@dataclass(frozen=True)
class Trained:
    """A training job that completed."""

    lab: Lab
    image: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.described["TrainingJobName"])

    @property
    def metrics(self) -> dict[str, float]:
        return {entry["MetricName"]: entry["Value"] for entry in self.described["FinalMetricDataList"]}

    def log(self) -> list[str]:
        return self.lab.log("training", self.name)

    def model(self) -> str:
        name = unique("model")
        url = self.described["ModelArtifacts"]["S3ModelArtifacts"]
        container = {"Image": self.image, "ModelDataUrl": url}
        self.lab.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.lab.role.arn, PrimaryContainer=container
        )
        return name

    def score(
        self, body: str | bytes, content_type: str = "text/csv", accept: str = "application/jsonlines"
    ) -> str:
        """The output of a transform job over one object."""
        split, assemble = (
            "Line" if kind.endswith(("csv", "jsonlines")) else "None" for kind in (content_type, accept)
        )
        uri = self.lab.put(f"{self.name}/in/rows", body)
        request = self.lab.transform(self.model(), uri)
        request["TransformInput"] |= {"ContentType": content_type, "SplitType": split}
        request["TransformOutput"] |= {"Accept": accept, "AssembleWith": assemble}
        ended = self.lab.run("transform", request)
        assert ended["TransformJobStatus"] == "Completed", ended
        return self.lab.get(f"{request['TransformJobName']}/rows.out")

    def answers(self, body: str | bytes, content_type: str = "text/csv") -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.score(body, content_type).splitlines()]


def request_of(
    lab: Lab,
    algorithm: str,
    hyperparameters: Mapping[str, Any],
    channels: Mapping[str, str | bytes],
    content_type: str = "text/csv;label_size=0",
) -> dict[str, Any]:
    """A CreateTrainingJob request on a built-in algorithm; `channels` maps names to contents."""
    place = unique(algorithm)
    uris = {name: lab.put(f"{place}/{name}/part-0", content) for name, content in channels.items()}
    request = lab.training(
        uris, HyperParameters={name: str(value) for name, value in hyperparameters.items()}
    )
    for channel in request["InputDataConfig"]:
        channel["ContentType"] = content_type
    request["AlgorithmSpecification"]["TrainingImage"] = f"{ALGORITHMS}/{algorithm}:1"
    return request


def train(lab: Lab, algorithm: str, *arguments: Any, **keywords: Any) -> Trained:
    """Train, with the arguments of `request_of`."""
    request = request_of(lab, algorithm, *arguments, **keywords)
    ended = lab.run("training", request)
    assert ended["TrainingJobStatus"] == "Completed", ended
    return Trained(lab, request["AlgorithmSpecification"]["TrainingImage"], ended)


def refusal(lab: Lab, algorithm: str, *arguments: Any, **keywords: Any) -> str:
    """The FailureReason of a job that fails."""
    ended = lab.run("training", request_of(lab, algorithm, *arguments, **keywords))
    assert ended["TrainingJobStatus"] == "Failed", ended
    return str(ended["FailureReason"])


def column(answers: Iterable[Mapping[str, Any]], name: str) -> Any:
    """One field of all answers."""
    return numpy.array([answer[name] for answer in answers])
