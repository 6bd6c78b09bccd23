"""Label files: all below a URI, and those that a window is computed with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lambdas.functions.plan_monitoring.windows import Window
from lambdas.planning.sources import SourceFile, data_version, describe, listed, name_below, split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_FILES = 500
"""With more files than this, a window reads only those written since its start: labels follow predictions."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class LabelFiles:
    """The files below the labels' URI. Their checksums are requested once, when first needed.

    Attributes:
        listed: each file's key, size in bytes, and time of its last change.
    """

    s3: "S3Client"
    uri: str
    listed: Sequence[tuple[str, int, datetime]]
    _described: dict[str, SourceFile] = field(default_factory=dict)

    @classmethod
    def below(cls, s3: "S3Client", uri: str) -> "LabelFiles":
        """All files below a URI, possibly none."""
        if not uri:
            return cls(s3, uri, ())
        bucket, prefix = split_uri(uri)
        written = [
            (entry["Key"], entry["Size"], entry["LastModified"]) for entry in listed(s3, bucket, prefix)
        ]
        return cls(s3, uri, written)

    def of(self, window: Window) -> tuple[SourceFile, ...]:
        """The files that a window is computed with."""
        since = window.start if len(self.listed) > MAX_FILES else NEVER
        bucket, prefix = split_uri(self.uri)
        wanted = {name_below(prefix, key): (key, size) for key, size, at in self.listed if at >= since}
        unknown = [entry for name, entry in wanted.items() if name not in self._described]
        self._described.update({file.name: file for file in describe(self.s3, bucket, prefix, unknown)})
        return tuple(self._described[name] for name in sorted(wanted))

    def version_of(self, window: Window) -> str:
        """The data version of a window's label files (names and content); empty when there are none."""
        files = self.of(window)
        return data_version(files) if files else ""
