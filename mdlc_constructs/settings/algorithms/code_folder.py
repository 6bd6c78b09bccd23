"""The files of a folder of a team's code: which travel to AWS, which are left out, and what is refused."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mdlc_constructs.settings.refusal import refusal

MAX_BYTES = 50 * 1024 * 1024
"""The most that a folder's files may hold together: it is code, and each synthesis reads all of it."""


def code_files(folder: Path, argument: str) -> Mapping[str, Path]:
    """The files by their names below the folder, sorted; without hidden files and caches.

    Args:
        folder: an existing folder.
        argument: of the constructor that was given the folder, for messages.

    Raises:
        ValueError: when the folder is too large, or holds a link that would be copied as other files; names
            the file and the remedy.
    """
    files = dict(_walk(folder.resolve(), folder, "", argument))
    size = sum(path.stat().st_size for path in files.values())
    if size > MAX_BYTES:
        raise refusal(
            argument,
            str(folder),
            f"has {size // 2**20} MB and takes {MAX_BYTES // 2**20}; keep data out of it, in the dataset.",
        )
    return {name: files[name] for name in sorted(files)}


def code_text(folder: Path, name: str, argument: str) -> str:
    """The text of a file of the folder.

    Raises:
        ValueError: when it is no UTF-8; names the file and the line.
    """
    content = (folder / name).read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(
            argument, str(folder), f"{name}, line {line} is no UTF-8: save the file in that encoding."
        ) from error


def _walk(root: Path, folder: Path, below: str, argument: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        name = f"{below}{path.name}"
        if path.name.startswith(".") or path.name in ("__pycache__", "node_modules"):
            continue
        if path.name.endswith((".pyc", ".pyo", ".egg-info")):
            continue
        if path.is_symlink():
            _check_link(root, path, name, argument)
        if path.is_dir():
            yield from _walk(root, path, f"{name}/", argument)
        elif path.is_file():
            yield name, path


def _check_link(root: Path, path: Path, name: str, argument: str) -> None:
    """Refuse a link out of the folder, to nothing, or to a folder, which could contain the link itself."""
    target = path.resolve()
    if not target.exists():
        raise refusal(argument, name, "is a link to nothing; remove it.")
    if not target.is_relative_to(root) or target.is_dir():
        raise refusal(
            argument,
            name,
            "is a link out of the folder or to a folder, which would be packed as other files; "
            "put the files themselves there.",
        )
