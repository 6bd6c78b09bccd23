"""Images and channels that tests write with the standard library alone."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

from examples.digits_check.data import chunk, png
from jobs.folders import Folders
from jobs.plan import Plan, parse_plan
from mdlc_constructs.settings.payloads.channels import ChannelSection

__all__ = ["chunk", "digits", "jpeg", "plan_of", "png", "write"]

RULES: Mapping[str, Any] = {
    "minimum_examples": 1,
    "minimum_per_class": 2,
    "maximum_unreadable_share": 0.0,
    "maximum_duplicate_share": 0.0,
    "maximum_shared_share": 0.0,
}


def jpeg(body: bytes = b"\x12\xff\x00\x34") -> bytes:
    """The structure of a JPEG of 8 x 8 pixels: header, tables left out, entropy-coded data, end."""
    frame = b"\x08" + struct.pack(">HH", 8, 8) + b"\x01\x01\x11\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"

    def segment(marker: int, data: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    return b"\xff\xd8" + segment(0xC0, frame) + segment(0xDA, scan) + body + b"\xff\xd9"


def digits(number: int, *, first: int = 0) -> Iterable[tuple[str, bytes]]:
    """Handwritten digits of scikit-learn, each as the name of a PNG in its class's folder, and its bytes."""
    data = load_digits()
    for place in range(first, first + number):
        rows = [[int(value) * 15 for value in row] for row in data.images[place]]
        yield f"{data.target[place]}/{place:04d}.png", png(rows)


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder."""
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def plan_of(
    folder: Path, channels: Iterable[ChannelSection], *, rules: Mapping[str, Any] = RULES, **section: Any
) -> tuple[Plan, Folders]:
    """The plan of a training on the channels whose objects are in the folder, and the job's folders."""
    from mdlc_constructs.settings.payloads.codec import encode

    inputs = folder / "input"
    files = [
        {
            "name": path.relative_to(inputs).as_posix(),
            "size": path.stat().st_size,
            "checksum": {"algorithm": "ETAG", "value": "x"},
        }
        for path in sorted(inputs.rglob("*"))
        if path.is_file()
    ]
    document = {
        "workflow": "training",
        "model": "digits",
        "run": "0123456789abcdef",
        "schema_version": 1,
        "data": {"version": "f" * 64, "files": files},
        "dataset": {
            "format": "jsonlines",
            "columns": {"label": "category"},
            "features": [],
            "positive": "1",
            "task": "multiclass",
            "label": "label",
            "classes": list(section.get("classes", ())),
        },
        "channels": {"channels": [encode(channel) for channel in channels], "rules": dict(rules), **section},
    }
    return parse_plan(document), Folders(input_base=inputs, output_base=folder / "output")
