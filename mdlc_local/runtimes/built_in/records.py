"""Vectors in the formats that the images take: CSV, RecordIO-protobuf, JSON and JSON lines.

Source: "Common Data Formats for Training" and "Common Data Formats for Inference" in the AWS documentation.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from mdlc_local.runtimes.built_in import recordio
from mdlc_local.runtimes.built_in.container import CustomerError, base
from mdlc_local.runtimes.built_in.recordio import Record, Tensor

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
RECORDIO = "application/x-recordio-protobuf"


@dataclass(frozen=True, kw_only=True)
class MediaType:
    """A content type, such as ``text/csv;label_size=0``.

    Attributes:
        name: its name in lower case.
        parameters: its parameters.
    """

    name: str
    parameters: dict[str, str]

    @classmethod
    def read(cls, text: str) -> "MediaType":
        """The content type that a header or a channel gives."""
        name, *rest = (part.strip() for part in text.split(";"))
        pairs = (part.partition("=") for part in rest if part)
        return cls(
            name=name.lower(), parameters={key.strip().lower(): value.strip() for key, _, value in pairs}
        )


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Rows of numbers.

    Attributes:
        features: a 2-D array.
        labels: one number a row; None without labels.
    """

    features: Any
    labels: Any = None


def channel(name: str, content_type: str) -> Vectors:
    """All files of a training job's channel.

    A CSV's first columns are its labels, as many as ``label_size`` says, which is 1 by default.

    Raises:
        CustomerError: as the image fails, when the channel is empty or its files are in another format.
    """
    kind = MediaType.read(content_type)
    if kind.name not in (CSV, RECORDIO):
        raise CustomerError(
            f"Unable to initialize the algorithm. Content type {kind.name!r} of channel {name!r} is not one "
            f"of {[RECORDIO, CSV]} (caused by ValidationError)"
        )
    parts = []
    for path in files(name):
        try:
            parts.append(_csv_file(path, kind) if kind.name == CSV else _recordio(path.read_bytes()))
        except (ValueError, UnicodeDecodeError) as error:
            raise CustomerError(
                f"Unable to read data channel {name!r}. Requested content-type is {kind.name!r}. Please "
                f"verify the data matches the requested content-type. (caused by {error}, file {path.name})"
            ) from error
    if len({part.features.shape[1] for part in parts}) > 1:
        raise CustomerError(f"Unable to read data channel {name!r}. Its files have rows of several lengths.")
    labelled = all(part.labels is not None for part in parts)
    return Vectors(
        features=numpy.concatenate([part.features for part in parts]),
        labels=numpy.concatenate([part.labels for part in parts]) if labelled else None,
    )


def files(name: str) -> list[Path]:
    """The files of a channel that have a content, except hidden ones.

    Raises:
        CustomerError: when there are none.
    """
    folder = base() / "input" / "data" / name
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size
    )
    if not paths:
        raise CustomerError(f"No data was found in channel {name!r}: its files are missing or empty.")
    return paths


def body(content: bytes, kind: MediaType) -> Any:
    """The rows of a request.

    Raises:
        ValueError: when they are in another format.
        LookupError: for a content type that no image takes.
    """
    readers: dict[str, Callable[[], Any]] = {
        CSV: lambda: _csv(io.StringIO(content.decode()), int(kind.parameters.get("label_size", 0))).features,
        RECORDIO: lambda: _recordio(content).features,
        JSON: lambda: _instances(content),
        JSON_LINES: lambda: _stacked(
            [_instance(json.loads(line)) for line in content.splitlines() if line.strip()]
        ),
    }
    return readers[kind.name]()


def _csv_file(path: Path, kind: MediaType) -> Vectors:
    with path.open(encoding="utf-8") as lines:
        return _csv(lines, int(kind.parameters.get("label_size", 1)))


def _csv(lines: Any, label_size: int) -> Vectors:
    table = numpy.loadtxt(lines, delimiter=",", ndmin=2, dtype=numpy.float32, comments=None)
    if not table.size:
        raise ValueError("there are no rows")
    if not numpy.isfinite(table).all():
        raise ValueError("a cell is no finite number")
    if label_size not in (0, 1) or table.shape[1] <= label_size:
        raise ValueError(f"label_size={label_size} of {table.shape[1]} columns")
    labels = table[:, 0] if label_size else None
    return Vectors(features=table[:, label_size:], labels=labels)


def _recordio(content: bytes) -> Vectors:
    features, labels = [], []
    for record in recordio.decode(content):
        features.append(_only(record.features).dense())
        if record.label:
            labels.append(float(_only(record.label).values[0]))
    if labels and len(labels) != len(features):
        raise ValueError("some records have a label and some have none")
    return Vectors(
        features=_stacked(features), labels=numpy.array(labels, dtype=numpy.float32) if labels else None
    )


def _only(tensors: Any) -> Tensor:
    if not tensors:
        raise ValueError("a record has no features")
    tensor: Tensor = tensors["values"] if "values" in tensors else next(iter(tensors.values()))
    if not len(tensor.values) and not tensor.shape:
        raise ValueError("a record has no values")
    return tensor


def _instances(content: bytes) -> Any:
    document = json.loads(content)
    if not isinstance(document, dict) or not isinstance(document.get("instances"), list):
        raise ValueError("the request has no list of instances")
    return _stacked([_instance(entry) for entry in document["instances"]])


def _instance(entry: Any) -> Any:
    """The vector of ``{"features": [...]}`` or ``{"data": {"features": {"values": [...]}}}``."""
    if isinstance(entry, dict) and isinstance(entry.get("data"), dict):
        entry = entry["data"]
    features = entry.get("features") if isinstance(entry, dict) else None
    if isinstance(features, dict):
        tensor = Tensor(
            values=_numbers(features.get("values")),
            keys=tuple(map(int, features.get("keys", ()))),
            shape=tuple(map(int, features.get("shape", ()))),
        )
        return tensor.dense()
    return _numbers(features)


def _numbers(values: Any) -> Any:
    if not isinstance(values, list):
        raise ValueError("an instance has no features")
    try:
        return numpy.array(values, dtype=numpy.float32)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _stacked(rows: list[Any]) -> Any:
    if not rows or len({row.shape for row in rows}) != 1 or rows[0].ndim != 1:
        raise ValueError("there are no rows, or their lengths differ")
    table = numpy.stack(rows)
    if not numpy.isfinite(table).all():
        raise ValueError("a value is no finite number")
    return table


def answer(rows: list[dict[str, Any]], top: str, kind: MediaType, *, csv: bool) -> bytes:
    """The answers of rows in an accepted content type.

    Args:
        rows: for each row the fields of its answer: numbers or lists of numbers.
        top: the key of the JSON document's list.
        kind: the accepted content type.
        csv: whether the image answers in CSV.

    Raises:
        LookupError: when the image does not answer in that content type.
    """
    if kind.name == CSV and csv:
        lines = [",".join(str(value) for field in row.values() for value in _listed(field)) for row in rows]
        return ("\n".join(lines) + "\n").encode()
    writers: dict[str, Callable[[], bytes]] = {
        JSON: lambda: json.dumps({top: rows}).encode(),
        JSON_LINES: lambda: "".join(json.dumps(row) + "\n" for row in rows).encode(),
        RECORDIO: lambda: recordio.encode(
            Record(label={name: Tensor(values=_listed(value)) for name, value in row.items()}) for row in rows
        ),
    }
    return writers[kind.name]()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
