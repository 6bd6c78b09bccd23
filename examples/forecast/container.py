"""The team's container: ``train`` chooses a model for each series, ``serve`` continues the series it is sent.

It reads and answers DeepAR's JSON Lines. What is asked of it, horizon and quantiles, it learns from the
variable MDLC_FORECAST, which the training workflow sets for both.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())

import numpy as np
from statsforecast.models import AutoETS, AutoTheta, SeasonalNaive

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
CHOICES = "choices.json"
MODELS: dict[str, Callable[[int], Any]] = {
    "theta": lambda season: AutoTheta(season_length=season),
    "trend": lambda _: AutoETS(season_length=1),
    "naive": lambda season: SeasonalNaive(season_length=season),
}


def continued(name: str, target: list[float | None], asked: dict[str, Any]) -> dict[str, Any]:
    """The quantiles of the next steps of a series by one of `MODELS`; a missing value is the one before."""
    known = [value for value in target if value is not None]
    held = np.array(target, dtype=np.float64)
    for place in np.flatnonzero(np.isnan(held)):
        held[place] = held[place - 1] if place else known[0]
    levels = {level: round(abs(1 - 2 * float(level)) * 100, 6) for level in asked["quantiles"]}
    season = asked["season"] if len(held) > 2 * asked["season"] else 1
    intervals = sorted({level for level in levels.values() if level})
    answer = MODELS[name](season).forecast(held, asked["horizon"], level=intervals)
    sides = {name: "lo" if float(name) < 0.5 else "hi" for name in levels}
    quantiles = {
        name: answer[f"{sides[name]}-{level}"] if level else answer["mean"] for name, level in levels.items()
    }
    return {
        "quantiles": {name: values.tolist() for name, values in quantiles.items()},
        "mean": answer["mean"].tolist(),
    }


def loss(answer: dict[str, Any], truth: list[float | None]) -> float:
    """The quantile loss of a forecast over the steps that are known."""
    total = 0.0
    for name, values in answer["quantiles"].items():
        for value, actual in zip(values, truth, strict=False):
            if actual is not None:
                missed = actual - value
                total += max(float(name) * missed, (float(name) - 1) * missed)
    return total


def train(asked: dict[str, Any]) -> None:
    """Choose for each series the model with the least loss on the last steps of its validation part."""
    choices = {}
    for line in lines(BASE / "input" / "data" / "validation"):
        target, horizon = line["target"], asked["horizon"]
        history, truth = target[:-horizon], target[-horizon:]
        if sum(value is not None for value in history) < 2:
            continue
        losses = {name: loss(continued(name, history, asked), truth) for name in MODELS}
        choices[line["item_id"]] = min(losses, key=lambda name: losses[name])
    (BASE / "model" / CHOICES).write_text(json.dumps(choices, sort_keys=True))
    print(f"chosen for {len(choices)} series", flush=True)


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of a channel."""
    for path in sorted(folder.rglob("*.jsonl")):
        yield from map(json.loads, path.read_text().splitlines())


def serve(asked: dict[str, Any]) -> None:
    """Answer each line of a request with a line, until the process is ended."""
    choices = json.loads((BASE / "model" / CHOICES).read_text())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Log nothing per request."""

        def do_GET(self) -> None:
            self.answer(200 if self.path == "/ping" else 404, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            series = [json.loads(line) for line in body.splitlines() if line.strip()]
            answers = [
                continued(choices.get(each["item_id"], "theta"), each["target"], asked) for each in series
            ]
            self.answer(200, "".join(json.dumps(answer) + "\n" for answer in answers).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/jsonlines")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    ThreadingHTTPServer((os.environ.get("MDLC_BIND_HOST", "0.0.0.0"), port), Handler).serve_forever()


if __name__ == "__main__":
    {"train": train, "serve": serve}[sys.argv[1]](json.loads(os.environ["MDLC_FORECAST"]))
