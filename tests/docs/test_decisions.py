"""Decision records have numbers of their own, and what code says of them is there."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
ROOMS = (
    "mdlc_constructs",
    "mdlc_local",
    "mdlc_cli",
    "lambdas",
    "jobs",
    "containers",
    "benchmarks",
    "examples",
)
_NAMED = re.compile(r"docs/[\w./-]+\.md")


def test_records_are_numbered_one_by_one() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: str(path.name))
def test_a_record_begins_with_its_number(record: Path) -> None:
    assert record.read_text().startswith(f"# {int(record.name[:4])}. ")


@pytest.mark.parametrize("room", ROOMS)
def test_documents_that_code_names_are_there(room: str) -> None:
    named = {
        (str(path.relative_to(ROOT)), document)
        for path in (ROOT / room).rglob("*.py")
        for document in _NAMED.findall(path.read_text())
    }
    assert {(path, document) for path, document in named if not (ROOT / document).is_file()} == set()
