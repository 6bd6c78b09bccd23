"""The result of an execution, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.predictions.prediction_files import Records

MAX_SAVED_BYTES = 50_000_000
"""The largest file that is saved with a result; larger ones are data."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of a result; the first column names the rows."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a summary: its title, its (name, value) rows and its table."""

    title: str
    rows: Sequence[tuple[str, str]] = ()
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class ResultSummary:
    """What an execution left.

    Attributes:
        name: a name for files, such as ``churn-v2``.
        title: a line that says what it is and how it ended.
        sections: the summary; rows without a value are not shown.
        files: the page, the picture and the JSON documents.
        page: the file that is opened; None without one.
        records: its predictions; None when it has none.
        following: sentences on what to do next.
        document: everything for programs.
    """

    name: str
    title: str
    sections: Sequence[Section] = ()
    files: Sequence[StoredFile] = ()
    page: StoredFile | None = None
    records: Records | None = None
    following: Sequence[str] = ()
    document: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document, with the URIs of files and the names of what it can show next."""
        return {
            "name": self.name,
            "title": self.title,
            **self.document,
            "files": [file.uri for file in self.files],
            "page": self.page.uri if self.page else None,
            "following": list(self.following),
        }


def kept(files: Sequence[StoredFile]) -> list[StoredFile]:
    """The files of a folder that are saved with a result: pages, pictures and documents, but no data."""
    return [
        file
        for file in files
        if file.name.endswith((".html", ".png", ".svg", ".json", ".txt", ".md", ".pdf"))
        and file.bytes <= MAX_SAVED_BYTES
    ]


def page_of(files: Sequence[StoredFile]) -> StoredFile | None:
    """The file to open: a page, or else a picture."""
    by_name = {file.name: file for file in files}
    names = [*sorted(name for name in by_name if name.endswith(".html"))]
    names += sorted(name for name in by_name if name.endswith((".png", ".svg")))
    return by_name[names[0]] if names else None
