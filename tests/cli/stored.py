"""Objects of one bucket as a client of S3 gives them out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import ClientError

from mdlc_cli.predictions import parquet as reader
from mdlc_cli.predictions.parquet_query import query
from tests.cli.fakes import FakeClient


def stored(objects: dict[str, bytes]) -> FakeClient:
    """A client that knows these objects, by key; the last one is the newest."""

    def content(key: str) -> bytes:
        if key not in objects:
            raise ClientError({"Error": {"Code": "404", "Message": key}}, "HeadObject")
        return objects[key]

    def listing(**request: Any) -> dict[str, Any]:
        moments = {key: datetime(2026, 1, 1, 0, n, tzinfo=UTC) for n, key in enumerate(objects)}
        found = [key for key in sorted(objects) if key.startswith(request["Prefix"])]
        below = {key[: key.find("/", len(request["Prefix"])) + 1] for key in found}
        if "Delimiter" in request:
            return {"CommonPrefixes": [{"Prefix": each} for each in sorted(below)]}
        return {
            "Contents": [
                {"Key": key, "LastModified": moments[key], "Size": len(objects[key])} for key in found
            ]
        }

    def fetched(**request: Any) -> None:
        Path(request["Filename"]).write_bytes(content(request["Key"]))

    return FakeClient(
        get_object=lambda **request: {"Body": io.BytesIO(content(request["Key"]))},
        download_file=fetched,
        list_objects_v2=listing,
    )


def parquet(folder: Path, rows: str) -> bytes:
    """A query's rows as a Parquet file's content."""
    path = folder / "made.parquet"
    duckdb.connect().sql(rows).write_parquet(str(path))
    return path.read_bytes()


def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files searched in this process: another one's start is most of the time, and tested by itself."""

    def rows(
        paths: Sequence[Path], equal: Mapping[str, str], kind: str = "parquet", *, number: int | None = None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            json.dumps(query([str(path) for path in paths], dict(equal), kind, number), default=str)
        )
        return found

    monkeypatch.setattr(reader, "rows", rows)
