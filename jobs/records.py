"""The names of batch inference's files: one flat name an input file, the same in every job."""

import re
from pathlib import PurePosixPath

from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import DataFile


def numbered(plan: Plan) -> list[tuple[DataFile, str]]:
    """Each input file with the name of what is made of it: its place in the plan and its own name.

    Transform jobs treat folders in their own way, so records lie flat; the number keeps equal names apart.
    """
    files = sorted(plan.files, key=lambda file: file.name)
    return [(file, f"{number:05d}-{_stem(file.name)}") for number, file in enumerate(files)]


def _stem(name: str) -> str:
    """What tells a person which file it is, without signs that mean something in keys and patterns."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(name).name.split(".")[0])[:60]
