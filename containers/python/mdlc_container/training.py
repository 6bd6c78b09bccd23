"""Runs a training job: channels and hyperparameters in, the artifact out, a reason for a failure."""

import logging
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from mdlc_container import arguments, artifact, channels, own_code, places, records
from mdlc_container.errors import ContainerError

log = logging.getLogger("training")

MAX_FAILURE_CHARACTERS = 1024
"""SageMaker shows that many characters of the failure file as the job's FailureReason."""

STOPPED = 128 + signal.SIGTERM


def run() -> int:
    """Train; returns the exit status.

    On SIGTERM, a ``train`` that takes ``stopping`` can return what it has, which is saved. Another one ends
    at once: SageMaker keeps its checkpoints.
    """
    base = places.base()
    try:
        _train(base)
    except ContainerError as error:
        return _fail(base, str(error))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else _fail(base, f"model.py ended: {ended.code}")
    except BaseException as error:
        log.exception("train() failed")
        return _fail(base, f"{type(error).__name__}: {error} ({_where(error)})")
    return 0


def _train(base: Path) -> None:
    code = places.own_code()
    module = own_code.load(code)
    stopping = threading.Event()
    # Before the channels are read, which takes long where they are large.
    _on_sigterm(stopping, gently="stopping" in arguments.context(module.train, {"stopping": None}))
    described = records.read()
    channel_folders = channels.folders(base)
    if "train" not in channel_folders:
        raise ContainerError(f"there is no channel 'train' below {base / 'input' / 'data'}")
    texts = arguments.read_hyperparameters(base)
    chosen = arguments.hyperparameters(module.train, texts)
    table = channels.read(channel_folders["train"], described)
    validation = (
        channels.read(channel_folders["validation"], described) if "validation" in channel_folders else None
    )
    checkpoints = base / "checkpoints"
    offered: dict[str, Any] = {
        "weight": table.weight,
        "validation": validation and (_features(module, validation.rows), validation.label),
        "checkpoints": checkpoints,
        "stopping": stopping.is_set,
        "channels": channel_folders,
    }
    context = arguments.context(module.train, offered)
    if "checkpoints" in context:
        checkpoints.mkdir(parents=True, exist_ok=True)
    rows = _features(module, table.rows)
    log.info("training on %d rows of %d features", len(rows), rows.shape[1])
    labels = () if table.label is None else (table.label,)
    model = module.train(rows, *labels, **context, **chosen)
    if model is None:
        raise ContainerError("train() returned None: return the model")
    if stopping.is_set():
        log.info("stopped: saving what train() returned")
    folder = base / "model"
    folder.mkdir(parents=True, exist_ok=True)
    artifact.write(folder, model=model, module=module, code=code, records=described, hyperparameters=chosen)
    log.info("trained")


def _features(module: Any, rows: Any) -> Any:
    features = getattr(module, "features", None)
    if features is None:
        return rows
    prepared = features(rows)
    if len(prepared) != len(rows):
        raise ContainerError(f"features() returned {len(prepared)} rows for {len(rows)}: return one a row")
    return prepared


def _on_sigterm(stopping: threading.Event, *, gently: bool) -> None:
    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()
        if not gently:
            log.info("stopped: train() takes no stopping=, so nothing but its checkpoints is kept")
            sys.exit(STOPPED)

    signal.signal(signal.SIGTERM, stop)


def _fail(base: Path, reason: str) -> int:
    log.error("%s", reason)
    (base / "output").mkdir(parents=True, exist_ok=True)
    (base / "output" / "failure").write_text(reason[:MAX_FAILURE_CHARACTERS])
    return 1


def _where(error: BaseException) -> str:
    """The last line of the team's code in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    here = str(Path(__file__).parent)
    own = [frame for frame in frames if not frame.filename.startswith(here)]
    frame = next((frame for frame in own if Path(frame.filename).name == "model.py"), None)
    frame = frame or (own or frames)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
