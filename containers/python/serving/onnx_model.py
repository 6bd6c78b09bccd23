"""A model in ONNX, by ONNX Runtime: what the export step of the training workflow writes.

The packages of ``requirements-onnx.lock`` are needed. They are imported only when there is such a model,
because the import takes a third of a second and 60 MB at each start.
"""

from pathlib import Path

ANSWERS = "mdlc_answers"
"""The key of the model's metadata that says what an answer is: `positive`, `row` or `number`.

`positive` is the second of two probabilities, `row` all numbers of a row.
"""


class OnnxModel:
    """A trained model; safe to use from several threads.

    Args:
        path: the model file.

    Raises:
        ValueError: when it is not a model of the export step, or ONNX Runtime is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import numpy
            import onnxruntime
        except ImportError as error:
            raise ValueError(
                f"ONNX Runtime is not installed ({error}): build the image with "
                "--build-arg LOCK=requirements-onnx.lock."
            ) from error
        options = onnxruntime.SessionOptions()
        # One process for each core is running, and synchronizing threads costs more than predicting a row.
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # ONNX Runtime has an exception class for each kind of failure.
            raise ValueError(f"{path.name} is no model in ONNX ({error}).") from error
        kind = self._session.get_modelmeta().custom_metadata_map.get(ANSWERS, "")
        if kind not in ("positive", "row", "number"):
            raise ValueError(f"{path.name} does not say what it answers: export it with export=Onnx().")
        self._numpy, self._kind = numpy, kind
        self._input, self._output = self._session.get_inputs()[0], self._session.get_outputs()[-1].name
        self.features = int(self._input.shape[1])
        """The number of values in a row."""

    def predict(self, rows: list[list[float]]) -> list[float] | list[list[float]]:
        """One number for each row, or one list for each row when the model has several outputs.

        Raises:
            ValueError: when a row does not have `features` values.
        """
        for number, row in enumerate(rows, start=1):
            if len(row) != self.features:
                raise ValueError(f"Line {number} has {len(row)} values, the model takes {self.features}.")
        table = self._numpy.array(rows, dtype=self._numpy.float32)
        (answers,) = self._session.run([self._output], {self._input.name: table})
        if self._kind == "positive":
            answers = answers[:, 1]
        elif self._kind == "number":
            answers = answers.reshape(-1)
        listed: list[float] | list[list[float]] = answers.tolist()
        return listed
