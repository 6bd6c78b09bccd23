"""The gain of each raw column in a model of XGBoost: how much its splits improved the training loss.

The model is read from the artifact, without XGBoost itself, which would add 40 MB to the job's wheels. Newer
images (from 2.1) write UBJSON, and JSON on request; the binary form of older ones is not read.

Gain is what the trees used in training, so it also counts what they learned by heart; permutation importance
is what the holdout's answers lose.
"""

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jobs import ubjson

MODEL = "xgboost-model"
MAX_MODEL_BYTES = 500_000_000


class GainError(Exception):
    """Why a model's gain is not known, in one sentence."""


def read_gain(artifact: Path, columns: Sequence[str]) -> dict[str, float]:
    """Each raw column's share of the total gain, over all splits of all trees.

    Args:
        artifact: the model's ``model.tar.gz``, or a folder with it.
        columns: for each feature of the model, in order, the raw column that it is computed from.

    Raises:
        GainError: when the artifact has no model of XGBoost in a format that can be read.
    """
    shares = np.zeros(len(columns))
    for tree in _trees(_model(artifact)):
        try:
            features = np.asarray(tree["split_indices"], dtype=np.intp)
            gains = np.asarray(tree["loss_changes"], dtype=np.float64)
            inner = np.asarray(tree["left_children"], dtype=np.int64) != -1
            shares += np.bincount(features[inner], gains[inner], len(columns))[: len(columns)]
        except (KeyError, TypeError, ValueError) as error:
            raise GainError(f"No gain: the model's trees cannot be read ({error!r}).") from error
    total = float(shares.sum())
    gain: dict[str, float] = dict.fromkeys(columns, 0.0)
    for column, share in zip(columns, shares.tolist(), strict=True):
        gain[column] += share / total if total > 0 else 0.0
    return gain


def _model(artifact: Path) -> bytes:
    path = artifact / "model.tar.gz" if artifact.is_dir() else artifact
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if Path(member.name).name == MODEL and member.isfile():
                    if member.size > MAX_MODEL_BYTES:
                        raise GainError(f"No gain: the model has more than {MAX_MODEL_BYTES:,} bytes.")
                    stream = archive.extractfile(member)
                    return stream.read() if stream else b""
    except (OSError, tarfile.TarError, EOFError) as error:
        raise GainError(f"No gain: the model's artifact cannot be read ({error}).") from error
    raise GainError(f"No gain: the model's artifact holds no file {MODEL}.")


def _trees(content: bytes) -> Sequence[Mapping[str, Any]]:
    """The trees of a model in UBJSON or JSON, which both begin with a brace."""
    if content[:1] != b"{":
        raise GainError(
            "No gain: the model is in the binary format of older versions of XGBoost; take an image from "
            "version 3.0-5 on."
        )
    try:
        document = json.loads(content) if content[1:2] in (b'"', b" ", b"\n") else ubjson.loads(content)
        booster = document["learner"]["gradient_booster"]
        # DART keeps its trees one level deeper.
        trees = booster.get("gbtree", booster)["model"]["trees"]
        return list(trees)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GainError(f"No gain: the model has no trees that can be read ({error!r}).") from error
