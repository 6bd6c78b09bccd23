"""The containers that the contract's tests run: two of a team's own, the template, and the twin."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.containers import CONTAINERS, TWIN, free_port
from benchmarks.environments import environment_of
from mdlc_cli.tools import local_images, toolchain
from mdlc_constructs import CustomContainer
from mdlc_constructs.resources.containers import lay_out
from tests.containers.python import running
from tests.containers.python.running import Running

MODELS = Path(__file__).parent / "models"
LOCK = MODELS / "python" / "requirements.lock"
RECORDS = {"columns": ["a", "b"], "label": "y", "task": "regression"}
CSV, JSON, JSON_LINES, PARQUET = (
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/vnd.apache.parquet",
)

ROWS = tuple((index / 7 - 3, (index * 5 % 11) - 4) for index in range(60))
"""Features a and b; the label is 1 + 2 a - b."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of container.

    Attributes:
        formats: the content types that it reads.
        names_the_cell: whether the answer to a bad row is 400 and names line and column.
        offers: whether it answers /execution-parameters.
    """

    formats: tuple[str, ...]
    names_the_cell: bool = True
    offers: bool = True


KINDS: Mapping[str, Kind] = {
    "python": Kind(formats=(CSV, JSON, JSON_LINES)),
    "r": Kind(formats=(CSV, JSON, JSON_LINES)),
    "template": Kind(formats=(CSV,)),
    "twin": Kind(formats=(CSV,), names_the_cell=False, offers=False),
}
OWN = ("python", "r")


def image(language: str, folder: Path, directory: Path | None = None) -> Path:
    """The files of an image below a folder, as Docker would copy them; returns the folder of the program."""
    assert language != "r" or shutil.which("Rscript"), f"this test needs R: {local_images.INSTALL_R}"
    directory = directory or MODELS / language
    own = CustomContainer.python(directory) if language == "python" else CustomContainer.r(directory)
    lay_out(own, folder)
    return folder


def command(language: str, program: Path, what: str) -> list[str]:
    """The command of an image, as its Dockerfile has it."""
    if language == "python":
        return [str(toolchain.image_python(LOCK)), str(program / "container.py"), what]
    return ["sh", str(program / "entry.sh"), what]


def change_features(folder: Path) -> None:
    """Change the features of `MODELS` in one place: in an image, or in an artifact."""
    (path,) = (folder / name for name in ("model.py", "model.R") if (folder / name).is_file())
    text = path.read_text()
    changed = text.replace("intercept=1.0", "intercept=2.0").replace("intercept = 1)", "intercept = 2)")
    assert changed != text
    path.write_text(changed)


def write_channels(base: Path, **hyperparameters: str) -> Path:
    """What SageMaker lays into ``/opt/ml`` before a training; returns the folder that stands for it."""
    for name, rows in (("train", ROWS[:50]), ("validation", ROWS[50:])):
        folder = base / "input" / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{1 + 2 * a - b},{a},{b}\n" for a, b in rows]
        (folder / f"{name}.csv").write_text("".join(lines))
    config = base / "input" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    return base


def variables(base: Path, **more: str) -> dict[str, str]:
    """The environment of a container."""
    own = {
        "SAGEMAKER_BASE_DIR": str(base),
        "MDLC_RECORDS_1": json.dumps(RECORDS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**os.environ, **own, **more}


def train(language: str, program: Path, base: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a training to its end."""
    return subprocess.run(
        command(language, program, "train"),
        env=variables(base, **more),
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def serving(argv: list[str], base: Path, **more: str) -> Iterator[Running]:
    """A healthy server of a command."""
    port = free_port()
    bound = {"SAGEMAKER_BIND_TO_PORT": str(port), "MDLC_BIND_HOST": "127.0.0.1", "MODEL_SERVER_WORKERS": "1"}
    log = base / f"container-{port}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            argv,
            env=variables(base, SAGEMAKER_MODEL_SERVER_WORKERS="1", **bound, **more),
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    container = Running(port, process, log)
    try:
        running.await_health(container)
        yield container
    finally:
        running.end(container)


@contextmanager
def started(name: str, folder: Path, model: Path) -> Iterator[Running]:
    """A kind of container, trained and serving.

    Args:
        name: the kind.
        folder: for its files.
        model: a folder for ``/opt/ml`` with XGBoost's model.
    """
    if name in OWN:
        program, base = image(name, folder / "image"), write_channels(folder / "ml")
        done = train(name, program, base)
        assert done.returncode == 0, done.stdout + done.stderr
        # Nothing of this shows in the answers: the code of the artifact serves.
        change_features(program / "own")
        argv = command(name, program, "serve")
    else:
        base = folder / "ml"
        shutil.copytree(model / "model", base / "model")
        container = CONTAINERS[TWIN if name == "twin" else "template"]
        argv = [str(environment_of(container.lock)), str(container.program), "serve"]
    with serving(argv, base, MDLC_MODEL_VERSION="7") as container_process:
        yield container_process
