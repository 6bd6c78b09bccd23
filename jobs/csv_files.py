"""Examines a CSV file before DuckDB reads it, rewrites it if needed, and explains DuckDB's errors.

DuckDB assumes that all lines end as the first one does, even if that line end is within a quoted header. It
refuses a file with mixed line ends, or reads it wrongly without an error. Such files are rare; they are
rewritten with one line end.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from jobs.errors import UnreadableError
from mdlc_constructs.settings.payloads.dataset import DELIMITERS, CsvFormat

LINE_BYTES = 1_000_000
"""The longest line that is read; longer ones would need more memory than a small job has."""

_BLOCK_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 4096
_MARK = b"\xef\xbb\xbf"
_BYTES = "latin-1"  # decodes every byte, so that text that is not UTF-8 is reported later, with its line
_OTHERS = {
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x1f\x8b": "compressed by gzip (its name must end in .gz)",
    b"BZh": "compressed by bzip2, and gzip is read",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard, and gzip is read",
    b"\xff\xfe": "UTF-16 text, and UTF-8 is read",
    b"\xfe\xff": "UTF-16 text, and UTF-8 is read",
}
_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error)
_LINE_END = re.compile(rb"\r\n|\r|\n")


_KNOWN_FORMATS = tuple(
    f"%d.%m.{year}{time}" for year in ("%Y", "%y") for time in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
)
"""Unambiguous date formats; 01/02/2024 may be in January or February."""


@dataclass(frozen=True, kw_only=True)
class FileHead:
    """A file's header and line ends.

    Args:
        header: the column names; empty for an empty file.
        rows: whether anything follows the header.
        uneven: whether the file has mixed line ends, or a line end within its header.
    """

    header: tuple[str, ...] = ()
    rows: bool = False
    uneven: bool = False


def read_head(path: Path, delimiter: str) -> FileHead:
    """Read a file's header and check its line ends.

    Raises:
        UnreadableError: when it is not a CSV file.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        return FileHead()
    if not _compressed(path):
        for magic, what in _OTHERS.items():
            if head.startswith(magic):
                raise UnreadableError(f"it is {what}")
        if b"\x00" in head:
            raise UnreadableError("it holds binary data")
    try:
        with _text(path) as lines:
            header, rows = _header(lines, delimiter)
        if not header:
            return FileHead()
        broken = any(sign in name for name in header for sign in "\r\n")
        return FileHead(header=header, rows=rows, uneven=broken or _uneven(path, delimiter))
    except _BROKEN as error:
        raise UnreadableError(f"it is compressed by gzip, and broken ({error})") from error


def _header(lines: IO[str], delimiter: str) -> tuple[tuple[str, ...], bool]:
    """The first line's names, and whether anything but blank lines follows; later lines may be invalid."""
    try:
        first = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
        header = tuple(name.encode(_BYTES).decode() for name in first)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(f"its first line cannot be read ({error})") from error
    try:
        rows = any(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        rows = True
    if rows and not header:
        raise UnreadableError("its first line is blank, and should name the columns")
    return header, rows


def _uneven(path: Path, delimiter: str) -> bool:
    """Whether there are several kinds of line ends outside of quotes; True when quoting cannot be followed.

    Only a file that has several kinds of line ends anywhere is parsed for quotes.
    """
    windows = returns = feeds = 0
    for block in _blocks(path):
        both = block.count(b"\r\n")
        windows, returns, feeds = (
            windows + both,
            returns + block.count(b"\r") - both,
            feeds + block.count(b"\n") - both,
        )
    if sum(1 for count in (windows, returns, feeds) if count) < 2:
        return False
    line_ends: set[bytes] = set()
    quoted, before = 0, b"\n"
    opens = (b"\n", b"\r", delimiter.encode(), b" ")
    for block in _blocks(path):
        parts = block.split(b'"')
        for place in range(quoted, len(parts), 2):
            line_ends.update(_LINE_END.findall(parts[place]))
            last = parts[place][-1:] or (before if place == 0 else b'"')
            # A quote within a value, as in 5" pipe: from here on, quoted parts cannot be identified.
            stray = place < len(parts) - 1 and last not in (*opens, b'"')
            if stray or len(line_ends) > 1:
                return True
        quoted = (quoted + len(parts) - 1) % 2
        before = block[-1:] or before
    return False


def _blocks(path: Path) -> Iterator[bytes]:
    """The file's content in blocks that never split a CR LF."""
    with _opened(path) as stream:
        rest = b""
        while read := stream.read(_BLOCK_BYTES):
            block = rest + read
            rest = b"\r" if block.endswith(b"\r") else b""
            yield block[: len(block) - len(rest)]
        yield rest


def rewrite(path: Path, target: Path, delimiter: str) -> None:
    """Rewrite a file with LF line ends and the header ``r0``, ``r1``, ...; values stay as they are.

    Raises:
        UnreadableError: when a line cannot be read; names the line, and the line ends in the file.
    """
    before = csv.field_size_limit(LINE_BYTES)
    try:
        with _text(path) as lines, target.open("w", encoding=_BYTES, newline="") as written:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            # Some versions would not quote a lone CR, which would then be read as a line end.
            writer = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
            try:
                writer.writerow([f"r{number}" for number, _ in enumerate(next(reader))])
                writer.writerows(record for record in reader if record)
            except csv.Error as error:
                where = f"line {reader.line_num} cannot be read ({error})"
                raise UnreadableError(f"{where}; {_ends(path)}") from error
    except _BROKEN as error:
        raise UnreadableError(f"it is compressed by gzip, and broken ({error})") from error
    finally:
        csv.field_size_limit(before)


def _ends(path: Path) -> str:
    """A clause that names the file's line ends, each with the first line that has it."""
    names = {b"\r\n": "CRLF", b"\r": "CR", b"\n": "LF"}
    first: dict[bytes, int] = {}
    line = 1
    for block in _blocks(path):
        for end in _LINE_END.findall(block):
            first.setdefault(end, line)
            line += 1
    places = ", ".join(f"{names[end]} first in line {number}" for end, number in first.items())
    return f"its lines end in {places}"


def _compressed(path: Path) -> bool:
    return path.name.endswith(".gz")


def _opened(path: Path) -> IO[bytes]:
    opened: Any = gzip.open if _compressed(path) else open
    stream: IO[bytes] = opened(path, "rb")
    return stream


def _text(path: Path) -> IO[str]:
    """The file as text without its byte order mark, one character for each byte, line ends unchanged."""
    lines = io.TextIOWrapper(_opened(path), encoding=_BYTES, newline="")
    if lines.read(len(_MARK)).encode(_BYTES) != _MARK:
        lines.seek(0)
    return lines


def no_column(header: Sequence[str], names: Sequence[str], delimiter: str) -> str:
    """The end of a sentence: why a header has none of the expected columns."""
    sign = _separated_by(header[0], names) if len(header) == 1 else None
    if sign is None:
        return "its first line names none of the columns"
    return (
        f"its first line is separated by {sign!r}, and {delimiter!r} is read: say "
        f"Dataset.csv(..., delimiter={sign!r}), or write the file with {delimiter!r}"
    )


def _separated_by(line: str, names: Sequence[str]) -> str | None:
    for sign in DELIMITERS:
        cells = next(csv.reader([line], delimiter=sign), [])
        if len(cells) > 1 and any(name in cells for name in names):
            return sign
    return None


def what_is_read(kind: str, example: str, csv: CsvFormat | None) -> str:
    """A sentence about how values of a kind are read, and the remedy; empty for most kinds.

    Args:
        example: a value that could not be read.
        csv: the CSV format of the value's file; None for a file of another format.
    """
    if kind in ("number", "integer") and re.fullmatch(r"[+-]?[\d.]*,\d+", example.strip()):
        return " Decimals are read with a point, such as 1234.5: write them so."
    if kind != "timestamp":
        return ""
    if csv is not None and csv.timestamp_format is not None:
        return f" Times are read by timestamp_format={csv.timestamp_format!r}: correct it, or the values."
    sentence = " Times are read as ISO 8601, such as 2024-12-31 10:00:00"
    if csv is None:
        return f"{sentence}: write them so."
    meant = next((known for known in _KNOWN_FORMATS if _fits(example, known)), None)
    how = f"timestamp_format={meant!r}" if meant else "timestamp_format='%d.%m.%Y', for example"
    return f"{sentence}: write them so, or say Dataset.csv(..., {how})."


def _fits(text: str, timestamp_format: str) -> bool:
    try:
        datetime.strptime(text.strip(), timestamp_format)
    except ValueError:
        return False
    return True


def explain_error(error: str, delimiter: str) -> str:
    """The end of a sentence: DuckDB's error about a line that it cannot read, in plain words."""
    about = error.partition("Possible fixes")[0]
    at = re.search(r"CSV Error on Line: (\d+)", about)
    line = f"line {at[1]}" if at else "a line"
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", error)
    if columns:
        expected, actual = int(columns[1]), int(columns[2])
        remedy = (
            f"put values that hold {delimiter!r} in double quotes" if actual > expected else "complete it"
        )
        more = " or more" if actual > expected else ""
        return f"{line} has {actual} columns{more} and the header {expected}: {remedy}"
    if "unterminated quote" in error:
        return f"{line} has a value whose quotes do not end where it ends: double those within it"
    if "Invalid unicode" in error:
        return f"{line} is not UTF-8 text: save the file as UTF-8"
    if "Maximum line size" in error:
        return f"{line} is longer than {LINE_BYTES:,} bytes: a quote in it may never end"
    return f"{line} cannot be told from the next one: see whether its quotes and line ends are whole"
