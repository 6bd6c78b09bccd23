"""The command of a stand-in's container: ``NAME train`` or ``NAME serve``."""

import importlib
import json
import os
import sys
from collections.abc import Sequence
from http import HTTPStatus

from mdlc_local.runtimes.built_in import hyperparameters
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CUSTOMER_ERROR, CustomerError, base, log, report
from mdlc_local.runtimes.scikit_learn import Handler, Reply, Server

_MAX_PAYLOAD_MEGABYTES = 6


def main(arguments: Sequence[str]) -> int:
    """Train or serve; returns the exit status."""
    name, use = arguments
    algorithm: Algorithm = importlib.import_module(
        f"mdlc_local.runtimes.built_in.{name.replace('-', '_')}"
    ).ALGORITHM
    log(algorithm.describe(name))
    if use == "train":
        try:
            _train(algorithm)
        except CustomerError as error:
            return report(error)
        return 0
    try:
        _serve(algorithm.load())
    except CustomerError as error:
        print(f"error: {error}", file=sys.stderr)
        return CUSTOMER_ERROR
    return 0


def _train(algorithm: Algorithm) -> None:
    texts = json.loads((base() / "input" / "config" / "hyperparameters.json").read_text())
    values = hyperparameters.read(algorithm.parameters, texts)
    unused = hyperparameters.unused(algorithm.parameters, texts)
    if unused:
        log(f"checked and not used by the stand-in: {', '.join(unused)}")
    algorithm.train(TrainingInput.read(values, algorithm.channels))


def _serve(predictor: Predictor) -> None:
    """Serve until the process is ended."""
    offer = {
        "MaxConcurrentTransforms": os.cpu_count() or 1,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": _MAX_PAYLOAD_MEGABYTES,
    }

    class BuiltInHandler(Handler):
        transformer = predictor

        def _reply(self, method: bytes, path: bytes, headers: dict[bytes, bytes], body: bytes) -> Reply:
            if (method, path) == (b"GET", b"/execution-parameters"):
                return HTTPStatus.OK, "application/json", json.dumps(offer).encode()
            return super()._reply(method, path, headers, body)

    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    with Server(("127.0.0.1", port), BuiltInHandler) as server:
        log("Model loaded successfully")
        server.serve_forever()
