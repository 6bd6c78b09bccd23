from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli.aws import objects
from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeTarget
from tests.cli.stored import stored

TARGET = FakeTarget(
    clients={
        "s3": stored({"a/page.html": b"new", "a/b/deep.html": b"x", "a/list.json": b"[1]", "a/no": b"{"})
    }
)


def files(*names: str) -> list[StoredFile]:
    return [StoredFile(uri=f"s3://bucket/a/{name}", name=name) for name in names]


def test_files_are_saved_whole_and_replace_those_that_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "today"
    folder.mkdir(parents=True)
    (folder / "page.html").write_text("old")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not mine")
    (folder / "list.json").symlink_to(elsewhere)
    saved = objects.save(TARGET, files("page.html", "gone.html", "list.json"), folder)
    assert objects.names(saved) == "page.html, list.json"
    assert (folder / "page.html").read_text() == "new"
    assert elsewhere.read_text() == "not mine"
    assert sorted(path.name for path in folder.iterdir()) == ["list.json", "page.html"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("page.html", "page.html"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("a b;$(rm).html", "a_b_rm_.html"),
        ("\x1b[2J\u202e.png", "_2J_.png"),
    ],
)
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str, safe: str) -> None:
    assert objects.safe_name(name) == safe
    (saved,) = objects.save(TARGET, [StoredFile(uri="s3://bucket/a/page.html", name=name)], tmp_path)
    assert saved == tmp_path / safe


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        CommandError, match=r"file/reports cannot be written \(Not a directory\): give another"
    ):
        objects.save(TARGET, files("page.html"), tmp_path / "file" / "reports")
    (tmp_path / "page.html").mkdir()
    with pytest.raises(CommandError, match="cannot be written"):
        objects.save(TARGET, files("page.html"), tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_listed_lies_right_in_the_folder() -> None:
    assert [file.name for file in objects.listed(TARGET, "s3://bucket/a/")] == [
        "list.json",
        "no",
        "page.html",
    ]


def test_a_document_that_is_none_is_empty() -> None:
    assert objects.document(TARGET, "s3://bucket/a/list.json") == {}
    assert objects.document(TARGET, "s3://bucket/a/no") == {}
    assert objects.document(TARGET, "s3://bucket/a/gone") == {}
    assert objects.content(TARGET, "s3://bucket/a/page.html") == b"new"
