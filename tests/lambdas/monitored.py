"""A model that served, in memory: its bucket, audit table, registry and jobs, as the functions see them.

Every client is a part of one `Services`; a test changes what lies there and looks at what was written.
"""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mdlc_constructs.asl.states import Map
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.workflows.monitoring.machine import monitor_windows
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from tests.lambdas.dynamodb import holds
from tests.lambdas.fakes import Client, Pages, TaggedMachines, client_error
from tests.workflows.settings import DATASET

BUCKET, TABLE, MODEL, GROUP = "b", "audit", "flights", "flights"
NOW = datetime(2026, 3, 5, 0, 20, tzinfo=UTC)
DAY = timedelta(days=1)
LABELS = Labels(uri="s3://labels-bucket/late/")
SETTINGS = MonitoringSettings(
    model=MODEL, dataset=DATASET, endpoint="e", labels=LABELS, labels_uri="s3://labels-bucket/late/"
)
ABSENT = client_error("ValidationException", "Could not find what was asked for.")
BASELINE = "s3://b/baselines/run-{version}/"


def capture(
    score: float = 0.5,
    *,
    version: int | None = 1,
    at: datetime = NOW - DAY,
    inference: str = "r",
    **more: Any,
) -> str:
    """A line of a capture file."""
    answer = {"score": score, **({} if version is None else {"version": version})}
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {"data": '{"distance": 3}', "encoding": "JSON"},
                "endpointOutput": {
                    "data": base64.b64encode(json.dumps(answer).encode()).decode(),
                    "encoding": "BASE64",
                },
            },
            "eventMetadata": {
                "eventId": "e",
                "inferenceId": inference,
                "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            },
            "eventVersion": "0",
            **more,
        }
    )


@dataclass
class S3(Client):
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)

    def put(self, uri: str, content: str = "", at: datetime = NOW) -> None:
        self.objects[uri.removeprefix("s3://")] = (content.encode(), at)

    def captured(self, at: datetime, *lines: str, variant: str = "main", endpoint: str = "e") -> str:
        """A capture file of a moment; its key."""
        key = f"capture/{endpoint}/{variant}/{at:%Y/%m/%d/%H/%M-%S}-000-{len(self.objects)}.jsonl"
        self.put(f"s3://{BUCKET}/{key}", "\n".join(lines or (capture(at=at),)), at)
        return key

    def json(self, uri: str) -> Any:
        return json.loads(self.objects[uri.removeprefix("s3://")][0])

    def get_paginator(self, name: str) -> "S3":
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[dict[str, Any]]:
        keys = [key for key in sorted(self.objects) if key.startswith(f"{Bucket}/{Prefix}")]
        yield {}
        if Delimiter:
            below = {key.removeprefix(f"{Bucket}/{Prefix}").partition("/")[0] for key in keys}
            yield {"CommonPrefixes": [{"Prefix": f"{Prefix}{name}/"} for name in sorted(below)]}
            return
        for key in keys:
            content, at = self.objects[key]
            name = key.partition("/")[2]
            yield {"Contents": [{"Key": name, "Size": len(content), "LastModified": at}]}

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:
        content, _ = self.objects[f"{Bucket}/{Key}"]
        self.heads.append(Key)
        return {"ChecksumCRC32": base64.b64encode(content[:9]).decode(), "ETag": "e"}

    def get_object(self, *, Bucket: str, Key: str, Range: str = "") -> dict[str, Any]:
        if f"{Bucket}/{Key}" not in self.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.", "GetObject")
        content, _ = self.objects[f"{Bucket}/{Key}"]
        last = int(Range.rpartition("-")[2]) + 1 if Range else len(content)
        return {"Body": io.BytesIO(content[:last])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[f"{Bucket}/{Key}"] = (Body, NOW)


@dataclass
class Table(Client):
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get_item(self, *, Key: dict[str, Any], **request: Any) -> dict[str, Any]:
        found = self.items.get(Key["sk"]["S"])
        return {"Item": found} if found else {}

    def put_item(
        self,
        *,
        TableName: str,
        Item: dict[str, Any],
        ConditionExpression: str,
        ExpressionAttributeValues: dict[str, Any] | None = None,
    ) -> None:
        sk = Item["sk"]["S"]
        if not holds(ConditionExpression, self.items.get(sk, {}), ExpressionAttributeValues or {}):
            raise client_error("ConditionalCheckFailedException", "no", "PutItem")
        self.items[sk] = Item

    def get_paginator(self, name: str) -> "Table":
        assert name == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        assert request["KeyConditionExpression"] == "pk = :pk AND sk BETWEEN :low AND :high"
        values = request["ExpressionAttributeValues"]
        for sk, item in sorted(self.items.items()):
            if values[":low"]["S"] <= sk <= values[":high"]["S"]:
                yield {"Items": [item]}
        yield {"Items": []}

    def champion(self, version: int) -> None:
        self.items["CHAMPION"] = {"version": {"N": str(version)}, "package_arn": {"S": arn(version)}}


def arn(version: int) -> str:
    return f"arn:aws:sagemaker:r:a:model-package/{GROUP}/{version}"


@dataclass
class SageMaker(Client):
    """Packages by their version, and the status of jobs and models by name; what is not there is absent."""

    versions: dict[int, dict[str, str]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    def package(self, version: int, **metadata: str) -> None:
        own = {
            "program": f"s3://{BUCKET}/splits/{version}/program/",
            "model": f"flights-model-{version}",
            "run": f"run-{version}",
            "baseline": BASELINE.format(version=version),
        }
        self.versions[version] = {k: v for k, v in {**own, **metadata}.items() if v}

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_model_packages"
        listed = [
            {
                "ModelPackageVersion": version,
                "ModelApprovalStatus": "Rejected",
                "ModelPackageArn": arn(version),
            }
            for version in self.versions
        ]
        return Pages([{"ModelPackageSummaryList": listed}])

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        version = int(ModelPackageName.rpartition("/")[2])
        return {
            "ModelPackageArn": ModelPackageName,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": "Rejected",
            "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://b/m"}]},
            "CustomerMetadataProperties": self.versions[version],
        }

    def _found(self, name: str, key: str) -> dict[str, Any]:
        if name not in self.statuses:
            raise ABSENT
        return {key: self.statuses[name], "ExitMessage": self.messages.get(name)}

    def describe_processing_job(self, *, ProcessingJobName: str) -> dict[str, Any]:
        return self._found(ProcessingJobName, "ProcessingJobStatus")

    def describe_transform_job(self, *, TransformJobName: str) -> dict[str, Any]:
        return self._found(TransformJobName, "TransformJobStatus")

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        return self._found(ModelName, "ModelStatus")


WINDOW: dict[str, Any] = {
    "id": "20260304T000000Z_20260305T000000Z",
    "window": {"start": "2026-03-04T00:00:00Z", "end": "2026-03-05T00:00:00Z"},
    "digest": "d" * 64,
    "served_version": "s",
    "labels_version": "l",
    "update": False,
    "kept": "",
    "version": 3,
    "package_arn": arn(3),
}
"""A window as the machine hands it on, but for its folder."""


@dataclass
class Services:
    s3: S3 = field(default_factory=S3)
    dynamodb: Table = field(default_factory=Table)
    sagemaker: SageMaker = field(default_factory=SageMaker)
    stepfunctions: TaggedMachines = field(default_factory=TaggedMachines)

    def client(self, name: str) -> Any:
        return getattr(self, name)


def event(
    settings: MonitoringSettings = SETTINGS, given: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """The planner's payload, as the machine makes it."""
    task = monitor_windows(settings)
    assert isinstance(task, Map)
    return {
        "model": MODEL,
        "settings": settings.to_plan(),
        "requests": {"MonitorWindows": task.request_digest(), "CreateModel": "c"},
        "bound": {"JobCode": "1"},
        "home": {"bucket": BUCKET, "table": TABLE, "group": GROUP},
        "input": given or {},
        "execution": {"id": "arn:execution", "started_at": f"{NOW:%Y-%m-%dT%H:%M:%S.000Z}"},
        "taken": None,
        **changes,
    }
