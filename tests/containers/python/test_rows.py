"""The feature program as the features job archives it, unpacked beside a model."""

import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.serving import archive
from jobs.serving.program import Program, Step
from serving.bodies import RequestError
from serving.rows import Rows

PROGRAM = Program(
    columns={"carrier": "category", "distance": "number"},
    steps=(
        Step(feature="carrier", column="carrier", kind="category", fill=9.0, values={"UA": 1.0}),
        Step(feature="distance", column="distance", kind="number", fill=500.0),
    ),
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = list(sys.path)
    with tarfile.open(fileobj=io.BytesIO(archive.pack(PROGRAM))) as packed:
        packed.extractall(tmp_path, filter="data")
    yield tmp_path
    sys.path[:] = before


@pytest.fixture
def rows(folder: Path) -> Rows:
    found = Rows.of(folder)
    assert found is not None
    return found


def test_rows_are_prepared_as_the_program_says(rows: Rows) -> None:
    body = (
        b'{"carrier": "UA", "distance": 120, "note": "left out"}\n\n{"carrier": "ZZ", "distance": null}\n{}'
    )
    assert rows.read(body) == [[1.0, 120.0], [0.0, 500.0], [9.0, 500.0]]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"distance": 1}\n{"distance": "far"}', "Line 2, column 'distance': \"far\" is no number"),
        (b"{}\n[1]", "Line 2: [1] is no JSON object: send one a line."),
        (b"{" * 100, "Line 1: " + "{" * 40 + "… is no JSON object: send one a line."),
        (b" \n", "The body is empty: send one JSON object a line."),
    ],
)
def test_what_is_wrong_is_named(rows: Rows, body: bytes, text: str) -> None:
    with pytest.raises(RequestError) as refused:
        rows.read(body)
    assert str(refused.value).startswith(text)


def test_a_model_without_a_program(tmp_path: Path) -> None:
    assert Rows.of(tmp_path) is None


def test_a_program_without_its_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "program.json").write_text(PROGRAM.to_json())
    with pytest.raises(ValueError, match=r"pack\.py"):
        Rows.of(tmp_path)
