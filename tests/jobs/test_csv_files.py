import gzip
from pathlib import Path

import pytest

from jobs.csv_files import FileHead, explain_error, no_column, read_head, rewrite, what_is_read
from jobs.errors import UnreadableError
from mdlc_constructs.settings.payloads.dataset import CsvFormat


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", FileHead()),
        (b"\r\n\n", FileHead()),
        (b"a,b", FileHead(header=("a", "b"))),
        (b"\xef\xbb\xbf\xc3\xa4,b\r\n\r\n", FileHead(header=("ä", "b"))),
        (b"a,b\n1,2\n", FileHead(header=("a", "b"), rows=True)),
        (b"a,b\r\n1,2\r\n", FileHead(header=("a", "b"), rows=True)),
        (b"a,b\r1,2\r", FileHead(header=("a", "b"), rows=True)),
        (b'a,b\n1,"x\r\ny"\n', FileHead(header=("a", "b"), rows=True)),
        (b'a,b\r\n1,"x\ny ""z"""\r\n', FileHead(header=("a", "b"), rows=True)),
        (b"a,b\r\n1,2\n", FileHead(header=("a", "b"), rows=True, uneven=True)),
        (b"a,b\n1,2\r3,4\n", FileHead(header=("a", "b"), rows=True, uneven=True)),
        (b'a,"b\nc"\r\n1,2\r\n', FileHead(header=("a", "b\nc"), rows=True, uneven=True)),
        (b'a,b\r\n1,5" pipe\n', FileHead(header=("a", "b"), rows=True, uneven=True)),
    ],
)
def test_a_look_tells_the_header_and_how_lines_end(tmp_path: Path, content: bytes, seen: FileHead) -> None:
    for name, written in (("a.csv", content), ("a.csv.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(written)
        assert read_head(tmp_path / name, ",") == seen


def test_a_line_end_on_the_border_of_two_blocks_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\r\n1,"x\ny"\r\n')
    for size in range(1, 8):
        monkeypatch.setattr("jobs.csv_files._BLOCK_BYTES", size)
        assert not read_head(path, ",").uneven


def test_what_is_written_anew_holds_the_same_values(tmp_path: Path) -> None:
    path, target = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(b'\xef\xbb\xbf"a\nb";b\r\n1;"x\r""y"""\n\xe4;\r')
    rewrite(path, target, ";")
    assert target.read_bytes() == b'"r0";"r1"\n"1";"x\r""y"""\n"\xe4";""\n'
    path.write_bytes(b'a,b\r\n1,2\n3,"4"5\n')
    with pytest.raises(UnreadableError, match=r"line 3 .*CRLF first in line 1, LF first in line 2"):
        rewrite(path, target, ",")


@pytest.mark.parametrize(
    ("header", "delimiter", "said"),
    [
        (("id;at;y",), ",", "delimiter=';'"),
        (("id\tat",), ",", r"delimiter='\t'"),
        (('"x,y"|id',), ",", "delimiter='|'"),
        (("id,at",), ";", "delimiter=','"),
        (("other;names",), ",", "names none of the columns"),
        (("a", "b;id"), ",", "names none of the columns"),
    ],
)
def test_another_delimiter_is_told_by_the_columns_it_gives(
    header: tuple[str, ...], delimiter: str, said: str
) -> None:
    assert said in no_column(header, ("id", "at"), delimiter)


@pytest.mark.parametrize(
    ("kind", "example", "csv", "said"),
    [
        ("timestamp", "31.12.2024", CsvFormat(), "timestamp_format='%d.%m.%Y')"),
        ("timestamp", "1.2.24 10:05", CsvFormat(), "timestamp_format='%d.%m.%y %H:%M')"),
        # Which of the two is the month cannot be told.
        ("timestamp", "01/02/2024", CsvFormat(), "for example"),
        ("timestamp", "soon", None, "ISO 8601, such as 2024-12-31 10:00:00: write them so."),
        ("timestamp", "2024", CsvFormat(timestamp_format="%d.%m.%Y"), "timestamp_format='%d.%m.%Y': correct"),
        ("number", "1.234,5", CsvFormat(), "with a point"),
        ("integer", "1,0", None, "with a point"),
    ],
)
def test_a_value_that_does_not_fit_comes_with_what_is_read(
    kind: str, example: str, csv: CsvFormat | None, said: str
) -> None:
    assert said in what_is_read(kind, example, csv)


def test_other_values_speak_for_themselves() -> None:
    assert what_is_read("number", "much", CsvFormat()) == what_is_read("boolean", "1,5", None) == ""


def test_words_that_are_new_get_a_sentence_too() -> None:
    assert explain_error("Invalid Input Error: whatever strict_mode", ",").startswith("a line cannot be told")
