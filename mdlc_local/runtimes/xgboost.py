"""The local replacement of SageMaker's XGBoost image: ``<python> <mdlc_local> runtime xgboost train|serve``.

Reads CSV files without a header, with the label in the first column, or LIBSVM files, as the image does in
algorithm mode; writes the model as ``xgboost-model``. Hyperparameters, log lines and answers follow
github.com/aws/sagemaker-xgboost-container.
"""

import io
import json
import os
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mdlc_local.runtimes.xgboost_hosts import TrainingHosts

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))

# fmt: off
_INTEGERS = {
    "num_round", "csv_weights", "early_stopping_rounds", "verbosity", "nthread", "max_depth", "refresh_leaf",
    "max_leaves", "max_bin", "one_drop", "num_class", "seed", "num_parallel_tree", "max_cat_to_onehot",
    "max_cat_threshold",
}
_FLOATS = {
    "eta", "gamma", "min_child_weight", "max_delta_step", "subsample", "colsample_bytree",
    "colsample_bylevel", "colsample_bynode", "lambda", "alpha", "sketch_eps", "scale_pos_weight",
    "rate_drop", "skip_drop", "lambda_bias", "tweedie_variance_power", "base_score",
    "aft_loss_distribution_scale", "huber_slope",
}
_WORDS = {
    "booster", "tree_method", "updater", "dsplit", "process_type", "grow_policy", "predictor",
    "monotone_constraints", "interaction_constraints", "sample_type", "normalize_type", "objective",
    "eval_metric", "aft_loss_distribution", "save_model_on_termination", "deterministic_histogram",
    "sampling_method", "prob_buffer_row", "use_dask_gpu_training",
}
_PLATFORM_ONLY = {
    "save_model_on_termination", "predictor", "dsplit", "use_dask_gpu_training", "prob_buffer_row",
}
# fmt: on
"""Hyperparameters that the image's wrapper reads and the library does not."""

_OBJECTIVE = "_tuning_objective_metric"
"""Set by a tuning job: the metric that it searches by, such as `validation:auc`, which the image then
computes besides those of `eval_metric`."""
_CSV = ("text/csv", "csv")
_LIBSVM = ("text/libsvm", "text/x-libsvm", "libsvm")
_NUMBER = r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?"
_LIBSVM_LINE = re.compile(rf"{_NUMBER}(:{_NUMBER})?( [^\s:]+:[^\s:]+)*")
_EMPTY_CELL = re.compile(r"(?m)(?<=,)(?=,|\r?$)|^(?=,)")
_MAX_BODY_BYTES = 20 * 1024 * 1024


class UserError(Exception):
    """An error that the user can correct; its text becomes the job's FailureReason."""


def hyperparameters(texts: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters with their values converted from the texts of hyperparameters.json.

    Raises:
        UserError: for an unknown name, a wrong value, or a missing num_round.
    """
    values: dict[str, Any] = {}
    objective = texts.get(_OBJECTIVE, "").rpartition(":")[2]
    for name, text in texts.items():
        if name == _OBJECTIVE:
            continue
        if name not in _INTEGERS | _FLOATS | _WORDS:
            raise UserError(f"Extraneous hyperparameter found: {name}")
        try:
            values[name] = int(text) if name in _INTEGERS else float(text) if name in _FLOATS else text
        except ValueError as error:
            raise UserError(f"Hyperparameter {name}: could not parse value {text!r}") from error
    if "num_round" not in values:
        raise UserError("Missing required hyperparameter: num_round")
    for name, least in (("num_round", 1), ("early_stopping_rounds", 1), ("max_depth", 0)):
        if name in values and values[name] < least:
            raise UserError(f"Hyperparameter {name}: value {values[name]} is not in range")
    if "eval_metric" in values:
        values["eval_metric"] = [metric.strip() for metric in values["eval_metric"].split(",")]
    if objective and objective not in values.setdefault("eval_metric", []):
        values["eval_metric"].append(objective)
    return values


def read_csv(source: Path | str) -> Any:
    """The numbers of a CSV file, or of CSV text, as a 2-D array; an empty cell is a missing value.

    Raises:
        UserError: when the source is not a table of numbers.
    """
    import numpy

    def load(table: Path | io.StringIO) -> Any:
        return numpy.loadtxt(table, delimiter=",", ndmin=2, dtype=numpy.float32, comments=None)

    if isinstance(source, Path):
        try:
            return load(source)  # reading from the file is twice as fast, but fails on empty cells
        except ValueError:
            source = source.read_text()
    try:
        return load(io.StringIO(_EMPTY_CELL.sub("nan", source)))
    except ValueError as error:
        raise UserError(f"Failed to load csv data: {error}") from error


def data_files(name: str) -> list[Path]:
    """The files of a channel that have a content, except hidden ones."""
    folder = BASE / "input" / "data" / name
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("_", ".")) and path.stat().st_size
    )


def read_libsvm(name: str) -> Any:
    """All files of a channel by XGBoost's own reader, as the image does; None without any.

    Rows with a `qid` are a ranking: rows that stand together and have the same one are a group.

    Raises:
        UserError: when a file's first line is no LIBSVM, or XGBoost cannot read the files.
    """
    import xgboost

    files = data_files(name)
    if not files:
        return None
    for path in files:
        with path.open(errors="ignore") as lines:
            first = next(lines)
        if not _LIBSVM_LINE.fullmatch(first.rstrip("\n")):
            raise UserError(
                f"First line '{first[:50]}...' of file '{path.name}' is not 'LIBSVM' format. "
                "Please ensure the file is in 'LIBSVM' format."
            )
    # The reader takes one folder of files; a channel may have subfolders.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        for number, path in enumerate(files):
            (Path(folder) / f"{number:06d}-{path.name}").symlink_to(path)
        # XGBoost 3.1 deprecates its reader, which the image uses.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return xgboost.DMatrix(f"{folder}?format=libsvm")
        except xgboost.core.XGBoostError as error:
            raise UserError(f"Failed to load libsvm data with exception:\n{error}") from error


def read_channel(name: str, *, weights: bool) -> Any:
    """All CSV files of a channel as one DMatrix, or None when the channel is missing or empty."""
    import numpy
    import xgboost

    parts = [read_csv(path) for path in data_files(name)]
    if not parts:
        return None
    if len({part.shape[1] for part in parts}) != 1 or parts[0].shape[1] < (3 if weights else 2):
        raise UserError(f"Channel {name}: every file needs the label and the same number of features")
    table = numpy.concatenate(parts) if len(parts) > 1 else parts[0]
    if numpy.isnan(table[:, 0]).any():
        raise UserError(f"Channel {name}: the label, the first column, has missing values")
    weight = {"weight": table[:, 1]} if weights else {}
    return xgboost.DMatrix(table[:, 2 if weights else 1 :], label=table[:, 0], **weight)


def content_type(name: str, channel: Mapping[str, Any]) -> str:
    """The content type of a channel.

    Raises:
        UserError: for training data of a type that is not read here.
    """
    kind = str(channel.get("ContentType", "text/csv")).split(";")[0].strip().lower()
    if name in ("train", "validation") and kind not in (*_CSV, *_LIBSVM):
        raise UserError(f"Channel {name}: content type {kind!r} is not run locally; give text/csv")
    return kind


def train() -> None:
    """Train on the input channels and write the model."""
    config = BASE / "input" / "config"
    values = hyperparameters(json.loads((config / "hyperparameters.json").read_text()))
    unused = sorted(_PLATFORM_ONLY & values.keys())
    if unused:
        print(f"checked and not used by the stand-in: {', '.join(unused)}", flush=True)
    channels = json.loads((config / "inputdataconfig.json").read_text())
    kinds = {name: content_type(name, channel) for name, channel in channels.items()}
    weights, libsvm = values.pop("csv_weights", 0) == 1, kinds.get("train") in _LIBSVM
    matrices = {
        name: read_libsvm(name) if libsvm else read_channel(name, weights=weights)
        for name in ("train", "validation")
        if name == "train" or name in kinds
    }
    with TrainingHosts.read(BASE).training(has_rows=matrices["train"] is not None) as hosts:
        if hosts.current not in hosts.names:
            return
        booster = _fit(values, matrices)
    if hosts.is_first:
        (BASE / "model").mkdir(exist_ok=True)
        # The image gives the file no suffix, so the bytes determine the format.
        (BASE / "model" / "xgboost-model").write_bytes(booster.save_raw("ubj"))


def _fit(values: dict[str, Any], matrices: Mapping[str, Any]) -> Any:
    """Train on the matrices of the channels by their names."""
    import xgboost

    rounds, patience = values.pop("num_round"), values.pop("early_stopping_rounds", None)
    for name, matrix in matrices.items():
        if matrix is None:
            label = "training" if name == "train" else name
            raise UserError(f"No data in {label} channel path {BASE / 'input' / 'data' / name}")
        print(f"{name.capitalize()} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns")
    parameters = {name: value for name, value in values.items() if name not in _PLATFORM_ONLY}
    try:
        return xgboost.train(
            parameters,
            matrices["train"],
            num_boost_round=rounds,
            evals=[(matrix, name) for name, matrix in matrices.items()],
            early_stopping_rounds=patience,
            verbose_eval=False,
            callbacks=[_printer(xgboost)],
        )
    except xgboost.core.XGBoostError as error:
        raise UserError(f"XGB train call failed with exception:\n {error}") from error


def _printer(xgboost: Any) -> Any:
    """A callback that prints each round as SageMaker's logs show it, with #011 for the tab character."""

    def after_iteration(_: Any, model: Any, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:
        shown = [
            f"{data}-{metric}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, values in metrics.items()
        ]
        print("#011".join([f"[{epoch}]", *shown]), flush=True)
        return False

    return type("Printer", (xgboost.callback.TrainingCallback,), {"after_iteration": after_iteration})()


def load_model() -> Any:
    """The model of /opt/ml/model."""
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(bytearray((BASE / "model" / "xgboost-model").read_bytes()))
    return booster


def predict(booster: Any, body: bytes) -> list[Any]:
    """One prediction per line of a CSV body.

    Raises:
        UserError: when the body is not a table of numbers with the model's number of features.
    """
    import xgboost

    table = read_csv(body.decode("utf-8"))
    width = booster.num_features()
    if table.shape[1] != width:
        raise UserError(
            f"Feature size of csv inference data {table.shape[1]} is not consistent with feature size of "
            f"trained model {width}."
        )
    last = booster.attr("best_iteration")
    rounds = (0, int(last) + 1) if last is not None else (0, 0)
    answer: list[Any] = booster.predict(
        xgboost.DMatrix(table), validate_features=False, iteration_range=rounds
    ).tolist()
    return answer


def _line(value: Any, *, batch: bool) -> str:
    """One row's answer as text; several values become a JSON list in batches, else are joined by commas."""
    if not isinstance(value, list):
        return str(value)
    return json.dumps(value) if batch else ",".join(map(str, value))


def serve() -> None:
    """Serve the model until the process is ended."""
    booster = load_model()
    lock = threading.Lock()
    batch = bool(os.environ.get("SAGEMAKER_BATCH"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Log nothing per request."""

        def answer(self, status: int, body: bytes = b"", kind: str = "text/csv; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/execution-parameters":
                offer = {
                    "MaxConcurrentTransforms": os.cpu_count() or 1,
                    "BatchStrategy": "MULTI_RECORD",
                    "MaxPayloadInMB": 6,
                }
                self.answer(200, json.dumps(offer).encode(), "application/json")
            else:
                self.answer(200 if self.path == "/ping" else 404)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            if size > _MAX_BODY_BYTES:
                self.close_connection = True
                self.answer(413, b"payload too large")
                return
            body = self.rfile.read(size)
            kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
            if not body:
                self.answer(204)
                return
            if kind != "text/csv":
                self.answer(415, f"Content type {kind} is not supported.".encode())
                return
            try:
                with lock:
                    scores = predict(booster, body)
            except (UserError, UnicodeDecodeError) as error:
                self.answer(400, f"Unable to evaluate payload provided: {error}".encode())
                return
            texts = [_line(value, batch=batch) for value in scores]
            self.answer(200, ("\n".join(texts) + "\n").encode())

    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("Model loaded successfully", flush=True)
    server.serve_forever()


def describe() -> str:
    """What runs here in place of the image, for the log."""
    import xgboost

    return (
        f"local stand-in of the built-in algorithm xgboost: xgboost {xgboost.__version__}; "
        "same library, maybe another version than the image's"
    )


def main(arguments: list[str]) -> int:
    """Train or serve; returns the exit status, after writing the reason of a failed training."""
    print(describe(), flush=True)
    if arguments == ["serve"]:
        serve()
        return 0
    try:
        train()
    except UserError as error:
        output = BASE / "output"
        output.mkdir(exist_ok=True)
        (output / "failure").write_text(str(error))
        print(error, file=sys.stderr)
        return 1
    return 0
