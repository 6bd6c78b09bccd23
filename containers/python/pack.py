"""Joins a model's archive and its feature program's: ``python pack.py MODEL PROGRAM OUTPUT``, all tar.gz.

The features job writes the program's archive (program.json and its code). A container that reads raw rows
itself needs both in the model's folder.
"""

import sys
import tarfile
from pathlib import Path


def pack(model: Path, program: Path, output: Path) -> None:
    """Write an archive with the files of both.

    Raises:
        ValueError: when both have a file of the same name.
    """
    seen: dict[str, Path] = {}
    with tarfile.open(output, "w:gz") as joined:
        for source in (model, program):
            with tarfile.open(source) as archive:
                for entry in archive:
                    name = entry.name.removeprefix("./")
                    if not entry.isfile():
                        continue
                    if name in seen:
                        raise ValueError(f"{name} is in {seen[name].name} and in {source.name}: rename one.")
                    seen[name] = source
                    entry.name = name
                    joined.addfile(entry, archive.extractfile(entry))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    pack(*map(Path, sys.argv[1:]))
