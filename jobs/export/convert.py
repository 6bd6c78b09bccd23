"""Converts a model of XGBoost to ONNX, and runs it by ONNX Runtime.

What an exported model answers follows from its objective, and stands in the model's metadata: `POSITIVE` (the
second of two probabilities), `ROW` (all numbers of a row) or `NUMBER`.
"""

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import xgboost
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from jobs.errors import InputError

ANSWERS = "mdlc_answers"
POSITIVE, ROW, NUMBER = "positive", "row", "number"
INPUT = "features"
OPSET = 15
"""The version of ONNX's operators: old enough for every ONNX Runtime since 1.10, of 2021."""

MODEL = "xgboost-model"
MAX_MODEL_BYTES = 500_000_000

Floats = npt.NDArray[np.float32]


def read_booster(artifact: Path) -> xgboost.Booster:
    """The model of an artifact, limited to the rounds with which the image answers after early stopping.

    Raises:
        InputError: when the artifact holds no model of XGBoost.
    """
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(_member(artifact)))
        last = booster.attr("best_iteration")
        return booster if last is None else booster[: int(last) + 1]
    except xgboost.core.XGBoostError as error:
        raise InputError(f"XGBoost cannot read the model's trees: {str(error)[:200]}") from error


def _member(artifact: Path) -> bytes:
    path = artifact / "model.tar.gz" if artifact.is_dir() else artifact
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if Path(member.name).name == MODEL and member.isfile():
                    if member.size > MAX_MODEL_BYTES:
                        raise InputError(
                            f"The model has more than {MAX_MODEL_BYTES:,} bytes: export a smaller one."
                        )
                    stream = archive.extractfile(member)
                    return stream.read() if stream else b""
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InputError(f"The model's artifact cannot be read ({error}): train again.") from error
    raise InputError(f"The model's artifact holds no file {MODEL}: only models of XGBoost are exported.")


def to_onnx(booster: xgboost.Booster) -> bytes:
    """The model in ONNX; its input is a table of 32-bit numbers, and NaN is a missing value.

    Raises:
        InputError: when the converter does not support the model.
    """
    width = booster.num_features()
    # The converter takes the place of a feature from its name.
    booster.feature_names = [f"f{place}" for place in range(width)]
    booster.feature_types = None
    try:
        model = convert_xgboost(
            booster, initial_types=[(INPUT, FloatTensorType([None, width]))], target_opset=OPSET
        )
    except Exception as error:
        # The converter raises KeyError, RuntimeError and others for models that it does not know.
        raise InputError(
            f"The converter to ONNX does not support this model ({type(error).__name__}: {error}): "
            "leave out export."
        ) from error
    outputs = [output.name for output in model.graph.output]
    classes = model.graph.output[-1].type.tensor_type.shape.dim[-1].dim_value
    kind = NUMBER if len(outputs) == 1 and classes == 1 else POSITIVE if classes == 2 else ROW
    entry = model.metadata_props.add()
    entry.key, entry.value = ANSWERS, kind
    content: bytes = model.SerializeToString()
    return content


class OnnxModel:
    """A model in ONNX Runtime.

    Args:
        content: the model in ONNX.
    """

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._kind = self._session.get_modelmeta().custom_metadata_map[ANSWERS]
        self._output = self._session.get_outputs()[-1].name

    def predict(self, rows: Floats) -> Floats:
        """One number for each row, or one row of numbers."""
        (answers,) = self._session.run([self._output], {INPUT: rows})
        table: Any = np.asarray(answers, dtype=np.float32)
        if self._kind == POSITIVE:
            return np.asarray(table[:, 1])
        return np.asarray(table.reshape(-1)) if self._kind == NUMBER else table
