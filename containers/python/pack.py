"""Joins a model's archive and its feature program's: ``python pack.py MODEL PROGRAM OUTPUT``, all tar.gz.

The features job writes the program's archive (program.json and the code that runs it); a container that takes
raw rows itself finds both beside the model.
"""

import sys
import tarfile
from pathlib import Path


def pack(model: Path, program: Path, output: Path) -> None:
    """Write an archive that holds the files of both.

    Raises:
        ValueError: when a file is in both.
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
