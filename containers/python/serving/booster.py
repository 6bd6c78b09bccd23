"""XGBoost by its C API, which for one row takes a third of the time of ``Booster.inplace_predict``.

The C API is public and documented (https://xgboost.readthedocs.io/en/stable/c.html); only the functions for
prediction are used. Calls release the GIL. The Python package is not imported: it would import NumPy and
SciPy, which are not needed here, and take most of a second at each start.
"""

import ctypes
import json
from array import array
from importlib.util import find_spec
from pathlib import Path

_MISSING = float("nan")


class Booster:
    """A trained model; safe to use from several threads.

    It predicts with the best iteration of early stopping, like SageMaker's XGBoost image.

    Args:
        path: the model file.

    Raises:
        ValueError: when it is not a model.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ValueError(f"No model at {path}: model.tar.gz must hold {path.name} at its top.")
        self._library = ctypes.CDLL(_library())
        self._library.XGBGetLastError.restype = ctypes.c_char_p
        self._handle = ctypes.c_void_p()
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        # One process for each core is running, and synchronizing threads costs more than predicting a row.
        self._call("XGBoosterSetParam", self._handle, b"nthread", b"1")
        self._call("XGBoosterLoadModel", self._handle, str(path).encode())
        number = ctypes.c_uint64()
        self._call("XGBoosterGetNumFeature", self._handle, ctypes.byref(number))
        self.features = number.value
        """The number of values in a row."""
        self._config = json.dumps(
            {
                "type": 0,
                "training": False,
                "iteration_begin": 0,
                "iteration_end": self._rounds(),
                "missing": _MISSING,
                "strict_shape": True,
            }
        ).encode()

    def predict(self, rows: list[list[float]]) -> list[float] | list[list[float]]:
        """One number for each row, or one list for each row when the model has several outputs.

        Raises:
            ValueError: when a row does not have `features` values.
        """
        cells = array("f")
        for number, row in enumerate(rows, start=1):
            if len(row) != self.features:
                raise ValueError(f"Line {number} has {len(row)} values, the model takes {self.features}.")
            cells.extend(row)
        address, _ = cells.buffer_info()
        table = {
            "data": [address, True],
            "shape": [len(rows), self.features],
            "typestr": "<f4",
            "version": 3,
        }
        shape = ctypes.POINTER(ctypes.c_uint64)()
        dimensions = ctypes.c_uint64()
        scores = ctypes.POINTER(ctypes.c_float)()
        self._call(
            "XGBoosterPredictFromDense",
            self._handle,
            json.dumps(table).encode(),
            self._config,
            None,
            ctypes.byref(shape),
            ctypes.byref(dimensions),
            ctypes.byref(scores),
        )
        width = 1
        for dimension in range(1, dimensions.value):
            width *= shape[dimension]
        answers: list[float] = scores[: len(rows) * width]
        if width == 1:
            return answers
        return [answers[start : start + width] for start in range(0, len(answers), width)]

    def _rounds(self) -> int:
        """The number of boosting rounds to use; 0 for all."""
        value, is_set = ctypes.c_char_p(), ctypes.c_int()
        self._call(
            "XGBoosterGetAttr", self._handle, b"best_iteration", ctypes.byref(value), ctypes.byref(is_set)
        )
        return int(value.value) + 1 if is_set.value and value.value is not None else 0

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments) != 0:
            raise ValueError(f"{name}: {self._library.XGBGetLastError().decode(errors='replace')}")


def _library() -> str:
    """The path of the shared library in the installed package."""
    package = find_spec("xgboost")
    if package is None or package.origin is None:
        raise ValueError("XGBoost is not installed: install the packages of requirements.lock.")
    (library,) = (Path(package.origin).parent / "lib").glob("libxgboost.*")
    return str(library)
