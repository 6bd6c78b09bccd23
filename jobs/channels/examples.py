"""The examples of channels as a table: an image, a line of text or of a manifest a row."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.channels.images import fault, looks_like_image
from jobs.database import literal
from jobs.folders import Folders
from jobs.plan import Plan
from jobs.verification import sha256_of, verify
from mdlc_constructs.settings.payloads.channels import LABEL_PREFIX, ChannelSection
from mdlc_constructs.settings.payloads.job_plan import DataFile

TABLE = "examples"
EMPTY, UNREADABLE, MISSING = "empty", "unreadable", "missing"
"""Problems of an example. One that is missing is named by a list, and no object of the channel."""
COLUMNS = ("channel", "file", "place", "class", "digest", "problem", "detail", "text")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example.

    Attributes:
        file: the object, relative to the channel.
        place: the line in it, from 1; 0 for a whole object.
        label: the class; None when it has none.
        digest: of the content without the class.
        problem: `EMPTY`, `UNREADABLE` or `MISSING`; empty for a good one.
        detail: what is wrong with it, the end of a sentence.
        text: a line's text without its class.
    """

    file: str
    place: int = 0
    label: str | None = None
    digest: str = ""
    problem: str = ""
    detail: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class ChannelFiles:
    """A channel with its downloaded objects.

    Attributes:
        files: the objects with examples, by name relative to the channel or to the folder of a manifest.
        manifest: the augmented manifest; None for another channel.
        size: of all objects, in bytes.
    """

    section: ChannelSection
    files: Mapping[str, Path]
    manifest: Path | None
    size: int


def find_files(plan: Plan, folders: Folders) -> list[ChannelFiles]:
    """The channels with their objects, which are verified to be the planned ones.

    Raises:
        InputError: when an object is not the planned one.
    """
    planned: dict[str, dict[str, DataFile]] = {}
    for file in plan.files:
        source, _, name = file.name.partition("/")
        planned.setdefault(source, {})[name] = file
    channels_read = []
    for section in plan.channels.channels:
        data, objects = f"data-{section.name}", f"objects-{section.name}"
        named = planned.get(data if section.kind == "S3Prefix" else objects, {})
        total = 0
        for source in (data, objects):
            entries = planned.get(source)
            if entries:
                renamed = [_named(file, name) for name, file in entries.items()]
                total += verify(renamed, folders.input(source))
        folder = folders.input(data if section.kind == "S3Prefix" else objects) if named else None
        manifest = None
        if section.kind == "AugmentedManifestFile":
            (name,) = planned[data]
            manifest = folders.input(data) / name
        files = {name: folder / name for name in sorted(named)} if folder else {}
        channels_read.append(ChannelFiles(section=section, files=files, manifest=manifest, size=total))
    return channels_read


def _named(file: DataFile, name: str) -> DataFile:
    return DataFile(name=name, size=file.size, checksum=file.checksum)


def load(connection: duckdb.DuckDBPyConnection, channels: list[ChannelFiles], scratch: Path) -> None:
    """Write the examples of all channels into the table `TABLE`."""
    path = scratch / "examples.csv"
    by_name = {channel.section.name: channel for channel in channels}
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as stream:
        writer = csv.writer(stream)
        for channel in channels:
            for e in _examples(channel, by_name):
                row = (channel.section.name, e.file, e.place, e.label, e.digest, e.problem, e.detail, e.text)
                writer.writerow(row)
    types = {name: "BIGINT" if name == "place" else "VARCHAR" for name in COLUMNS}
    connection.execute(
        f"CREATE TABLE {TABLE} AS SELECT * REPLACE (nullif(class, '') AS class) FROM read_csv("
        f"{literal(str(path))}, header = false, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', columns = {types!r}, nullstr = '\x1f', parallel = false, max_line_size = 64000000)"
    )


def _examples(channel: ChannelFiles, channels: Mapping[str, ChannelFiles]) -> Iterator[Example]:
    if channel.manifest is not None:
        yield from _manifest_lines(channel)
        return
    for name, path in channel.files.items():
        if path.stat().st_size == 0:
            yield Example(file=name, problem=EMPTY, detail="is empty")
        elif channel.section.reading == "listing":
            yield from _listed(name, path, channels.get(channel.section.name.removesuffix("_lst")))
        else:
            yield from _READERS.get(channel.section.reading, _objects)(name, path, channel.section)


def _objects(name: str, path: Path, section: ChannelSection) -> Iterator[Example]:
    # Its name stands for its content, of which nothing is compared.
    yield Example(file=name, digest=name, label=_folder(name, section))


def _images(name: str, path: Path, section: ChannelSection) -> Iterator[Example]:
    detail = fault(path)
    label = _folder(name, section)
    if not detail and section.classes_from == "folder" and label is None:
        detail = "is in no folder of a class"
    yield Example(
        file=name,
        label=label,
        digest=sha256_of(path),
        problem=UNREADABLE if detail else "",
        detail=detail,
    )


def _folder(name: str, section: ChannelSection) -> str | None:
    if section.classes_from != "folder" or "/" not in name:
        return None
    return name.partition("/")[0]


def _decoded(path: Path) -> Iterator[tuple[int, str | None]]:
    """The lines that are not blank, with their numbers; None for one that is not UTF-8."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if not raw.strip():
                continue
            try:
                yield number, raw.decode("utf-8").strip()
            except UnicodeDecodeError:
                yield number, None


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(name: str, path: Path, section: ChannelSection) -> Iterator[Example]:
    for number, line in _decoded(path):
        label, text, detail = None, line, ""
        if line is None:
            detail = "is not UTF-8"
        elif section.classes_from == "prefix":
            head, _, text = line.partition(" ")
            label = head.removeprefix(LABEL_PREFIX) if head.startswith(LABEL_PREFIX) else None
            text = (text or "").strip()
            if not label:
                detail = f"does not begin with {LABEL_PREFIX} and a class"
            elif not text:
                detail = "has a class and no text"
        yield Example(
            file=name,
            place=number,
            label=label,
            digest=_text_digest(text or ""),
            problem=UNREADABLE if detail else "",
            detail=detail,
            text=(text or "") if not detail else "",
        )


def _records(name: str, path: Path, section: ChannelSection) -> Iterator[Example]:
    for number, line in _decoded(path):
        detail = "" if line is not None else "is not UTF-8"
        try:
            json.loads(line or "null")
        except ValueError:
            detail = "is not JSON"
        yield Example(
            file=name,
            place=number,
            digest=_text_digest(line or ""),
            problem=UNREADABLE if detail else "",
            detail=detail,
            text=(line or "") if not detail else "",
        )


def _listed(name: str, path: Path, images: ChannelFiles | None) -> Iterator[Example]:
    """The lines of an `.lst` file: a number, a class and an image's path, with tabs between them.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html
    """
    for number, line in _decoded(path):
        parts = (line or "").split("\t")
        detail, problem = "", ""
        if len(parts) < 3:
            detail, problem = "has no number, class and path with tabs between them", UNREADABLE
        elif images is not None and parts[-1] not in images.files:
            detail, problem = f"names {parts[-1]}, which is no object of {images.section.name}", MISSING
        # The images are examples of their own channel, and digests of lists would be compared with theirs.
        yield Example(
            file=name,
            place=number,
            label=parts[1] if not problem and len(parts) == 3 else None,
            digest=f"{name}:{number}",
            problem=problem,
            detail=detail,
        )


def _manifest_lines(channel: ChannelFiles) -> Iterator[Example]:
    assert channel.manifest is not None
    section = channel.section
    for number, line in _decoded(channel.manifest):
        # The planning function has read every line already.
        document = json.loads(line or "{}")
        reference = next((name for name in section.attributes if name.endswith("-ref")), None)
        label = document.get(section.attributes[-1]) if section.classes_from == "attribute" else None
        detail, problem = "", ""
        if reference is not None:
            name = str(document[reference]).removeprefix(section.objects)
            path = channel.files[name]
            digest = sha256_of(path)
            if path.stat().st_size == 0:
                detail, problem = f"names {name}, which is empty", EMPTY
            elif looks_like_image(path) and (wrong := fault(path)):
                detail, problem = f"names {name}, which {wrong}", UNREADABLE
        else:
            digest = _text_digest(str(document.get(section.attributes[0], "")))
        yield Example(
            file=channel.manifest.name,
            place=number,
            # Boxes and masks are no class.
            label=None if label is None or isinstance(label, (dict, list)) else str(label),
            digest=digest,
            problem=problem,
            detail=detail,
        )


_READERS: Mapping[str, Callable[[str, Path, ChannelSection], Iterator[Example]]] = {
    "images": _images,
    "lines": _lines,
    "records": _records,
}
