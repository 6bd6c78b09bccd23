"""Archives have equal bytes for equal files."""

import io
import tarfile

from mdlc_constructs.settings.payloads.archive import packed


def test_equal_files_make_equal_bytes() -> None:
    files = {"b/c.py": b"x = 1\n", "a.json": b"{}"}
    content = packed(files)
    assert content == packed(dict(reversed(files.items())))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["a.json", "b/c.py"]
        assert {(each.mode, each.mtime, each.uid) for each in archive} == {(0o644, 0, 0)}
