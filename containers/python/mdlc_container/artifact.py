"""What ``model.tar.gz`` holds: the model, the code that made its features, and ``container.json``.

Serving runs the code of the artifact, and never that of its image: a model keeps the features that it was
trained with. The code's digest stands in ``container.json``; a copy that differs is not served.
"""

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mdlc_container import own_code
from mdlc_container.errors import ContainerError
from mdlc_container.records import Records

SCHEMA_VERSION = 1
FACTS, CODE, PICKLED = "container.json", "code", "model.pkl"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model that is ready to predict.

    Attributes:
        model: what ``train`` returned, or what ``load`` of the team read.
        module: the team's ``model.py`` of the artifact.
        columns: the names of the features that it was trained with.
        lock: the digest of the lock file that it was trained with.
    """

    model: Any
    module: ModuleType
    columns: tuple[str, ...]
    lock: str


def write(
    folder: Path,
    *,
    model: Any,
    module: ModuleType,
    code: Path,
    records: Records,
    hyperparameters: Mapping[str, Any],
) -> None:
    """Write the artifact's files into ``/opt/ml/model``.

    Raises:
        ContainerError: when the model cannot be pickled.
    """
    save = getattr(module, "save", None)
    if save is not None:
        save(model, folder)
    else:
        try:
            content = pickle.dumps(model, protocol=5)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise ContainerError(
                f"the model that train() returned cannot be pickled ({error}): write save(model, folder) and "
                f"load(folder) in model.py"
            ) from error
        (folder / PICKLED).write_bytes(content)
    own_code.copy(code, folder / CODE)
    facts = {
        "schema_version": SCHEMA_VERSION,
        "language": "python",
        "code_sha256": own_code.digest(folder / CODE),
        "lock_sha256": lock_digest(code),
        "columns": list(records.columns),
        "label": records.label,
        "task": records.task,
        "hyperparameters": dict(hyperparameters),
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=1))


def read(folder: Path) -> Loaded:
    """Load the model, and the code that it was trained with.

    Raises:
        ContainerError: when the artifact is not one of this container, or its code is not that of training.
    """
    try:
        facts = json.loads((folder / FACTS).read_text())
        columns, trained = tuple(facts["columns"]), str(facts["code_sha256"])
    except (OSError, ValueError, KeyError) as error:
        raise ContainerError(
            f"{folder} holds no {FACTS} of a training with this container ({error!r}): train the model "
            f"with it"
        ) from error
    if facts.get("language") != "python":
        raise ContainerError(
            f"{FACTS} is of a container in {facts.get('language')!r}, and this one is Python"
        )
    if own_code.digest(folder / CODE) != trained:
        raise ContainerError(
            f"the code in {CODE}/ of model.tar.gz is not the code that the model was trained with (its "
            f"digest is not that of {FACTS}): features would differ from those of training; train again"
        )
    module = own_code.load(folder / CODE)
    load = getattr(module, "load", None)
    # The artifact is the team's own, and written by `write`.
    model = load(folder) if load is not None else pickle.loads((folder / PICKLED).read_bytes())
    return Loaded(model=model, module=module, columns=columns, lock=str(facts.get("lock_sha256", "")))


def lock_digest(code: Path) -> str:
    """The SHA-256 digest of the lock file; empty without one."""
    lock = code / own_code.LOCK
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
