"""In-memory S3, SageMaker and DynamoDB: as much of each as the planning functions ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

Client: Any = object
"""Base of the fakes of AWS clients: to the type checker it is whichever client a function asks for."""


def client_error(code: str, message: str, operation: str = "Describe") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class Pages(Client):
    pages: list[dict[str, Any]]

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield from self.pages


@dataclass
class TaggedMachines(Client):
    """State machines that all have the same tags."""

    tags: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def list_tags_for_resource(self, *, resourceArn: str) -> dict[str, Any]:
        self.asked.append(resourceArn)
        return {"tags": [{"key": key, "value": value} for key, value in self.tags.items()]}


@dataclass
class FakeS3(Client):
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    page_size: int = 2

    def get_paginator(self, name: str) -> Any:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        keys = [key for key in self.objects if key.startswith(f"{Bucket}/{Prefix}")]
        if not keys:
            yield {}
        for start in range(0, len(keys), self.page_size):
            yield {
                "Contents": [
                    {
                        "Key": key.split("/", 1)[1],
                        "Size": self.objects[key]["Size"],
                        "LastModified": self.objects[key].get("LastModified"),
                    }
                    for key in keys[start : start + self.page_size]
                ]
            }

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> Mapping[str, Any]:
        assert ChecksumMode == "ENABLED"
        return self.objects[f"{Bucket}/{Key}"]
