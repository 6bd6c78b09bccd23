"""Runs a team's training script in a framework image, and ships the code with the model.

It stands in the archive as ``mdlc_train.py`` and is the program that SageMaker's training toolkit runs, with
the hyperparameters as arguments. A model's container has no network access and no other copy of the code, so
the code goes into the folder ``code`` of the model's archive, where the images look for it. Needs only
Python's standard library, from version 3.8 on.
"""

import os
import runpy
import shutil
import sys
import traceback
from pathlib import Path

ENTRY_POINT = "MDLC_ENTRY_POINT"
CODE = "code"
MAX_REASON = 1024  # SageMaker shows this many characters of the file


def main() -> None:
    """Run the script that `MDLC_ENTRY_POINT` names; copy the code when it has left a model."""
    folder = Path(__file__).resolve().parent
    program = os.environ[ENTRY_POINT]
    model = Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    try:
        runpy.run_path(str(folder / program), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            _fail(f"{program} ended with {end.code!r}.")
            raise
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if folder in Path(frame.filename).parents]
        line = f"{Path(own[-1].filename).name}, line {own[-1].lineno}: " if own else ""
        _fail(f"{line}{type(error).__name__}: {error}")
        raise
    if not any(path.is_file() for path in model.rglob("*")):
        message = f"{program} left no file in SM_MODEL_DIR ({model}): save the model there."
        _fail(message)
        sys.exit(message)
    _ship(folder, model / CODE)


def _ship(folder: Path, target: Path) -> None:
    """Copy the code, without compiled files; what the script wrote there itself stays."""
    for path in sorted(folder.rglob("*")):
        copy = target / path.relative_to(folder)
        if path.is_file() and "__pycache__" not in path.parts and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _fail(reason: str) -> None:
    """Write the job's reason of failure, unless the script wrote one itself."""
    failure = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"), "failure")
    try:
        if not failure.exists():
            failure.parent.mkdir(parents=True, exist_ok=True)
            failure.write_text(reason[:MAX_REASON])
    except OSError as error:
        print(f"The reason of failure cannot be written: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
