"""The feature programs of a model's versions, from the registry and the model's bucket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_client import lineage, registered
from mdlc_client.aws import split_uri


@dataclass(frozen=True, kw_only=True)
class Program:
    """A version's feature program.

    Attributes:
        digest: SHA-256 of the program's document, hexadecimal.
        columns: the types of the columns that it reads.
        classes: of a model of classes, in the order of its answers.
    """

    uri: str
    digest: str
    columns: Mapping[str, str]
    classes: tuple[str, ...] = ()


def classes_of(target: Target, model: str) -> tuple[str, ...]:
    """The classes of a model's newest version; empty if it answers numbers, or they cannot be read."""
    program = Programs(target=target, model=model).newest()
    return () if program is None else program.classes


@dataclass(kw_only=True)
class Programs:
    """The feature programs of a model's versions, from the registry and the model's bucket."""

    target: Target
    model: str
    _arns: dict[int, str] | None = field(default=None, init=False)
    _known: dict[int, Program | None] = field(default_factory=dict, init=False)

    def of(self, version: Any) -> Program | None:
        """A version's program; None if there is none, or the caller may not read it."""
        if not isinstance(version, int) or isinstance(version, bool):
            return None
        if version not in self._known:
            self._known[version] = self._read(version)
        return self._known[version]

    def _read(self, version: int) -> Program | None:
        from botocore.exceptions import ClientError

        try:
            if self._arns is None:
                self._arns = self._listed()
            if version not in self._arns:
                return None
            package = registered.describe(self.target, self._arns[version])
            uri = str(package.get("metadata", {}).get("program", ""))
            bucket, prefix = split_uri(uri)
            if not prefix:
                return None
            key = f"{prefix.rstrip('/')}/program.json"
            text = self.target.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError:
            # What a caller may ask need not be what a caller may read.
            return None
        document = json.loads(text)
        document = document if isinstance(document, dict) else {}
        columns, classes = document.get("columns"), document.get("classes")
        return Program(
            uri=f"s3://{bucket}/{key}",
            digest=hashlib.sha256(text).hexdigest(),
            columns=columns if isinstance(columns, dict) else {},
            classes=tuple(map(str, classes)) if isinstance(classes, list) else (),
        )

    def newest(self) -> Program | None:
        """The program of the newest version; None if there is none, or the caller may not read it."""
        from botocore.exceptions import ClientError

        try:
            if self._arns is None:
                self._arns = self._listed()
        except ClientError:
            return None
        return self.of(max(self._arns, default=None))

    def _listed(self) -> dict[int, str]:
        """The ARNs of the model's packages by version."""
        return {
            number: arn
            for arn in registered.arns(self.target, self.model)
            if (number := lineage.version_of({"package_arn": arn})) is not None
        }
