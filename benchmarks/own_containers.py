"""From an empty folder to an answer over HTTP, with a container of one's own in Python and in R.

``python -m benchmarks.own_containers`` takes the app of docs/containers.md, runs the page's commands in an
empty folder for each language, and prints how long each step takes. The tools of `make setup` are installed
before; what the container itself needs (the environment of its lock) is made anew in each run.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load import generate, http_request
from mdlc_cli.tools import local_images, toolchain
from mdlc_constructs import CustomContainer
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.containers import lay_out

PAGE = bundles.source("containers").parent / "docs" / "containers.md"
LANGUAGES = ("python", "r")


def flat(number: int) -> str:
    """A line of the flats, as the page writes them."""
    sqm, rooms = 30 + number * 37 % 120, 1 + number * 7 % 5
    return f"{sqm},{rooms},{50 + 3 * sqm + 10 * rooms + number * 7919 % 101}"


FLATS = "\n".join(["sqm,rooms,price", *map(flat, range(1, 401))])
QUESTION = '{"sqm": 80, "rooms": 3}'
STEPS: Mapping[str, tuple[str, ...]] = {
    "folder": ("container", "{language}", "model"),
    "local AWS": ("local", "up"),
    "deploy": ("deploy",),
    "data": ("put", "flats.csv"),
    "training": ("run", "training"),
    "release": ("release",),
    "answer": ("ask", QUESTION),
}
"""The arguments of `mdlc`, by what is timed."""


@dataclass(kw_only=True)
class Journey:
    """The seconds of each step of one language, and the answer."""

    seconds: dict[str, float] = field(default_factory=dict)
    score: float = 0.0

    @property
    def total(self) -> float:
        """Seconds from the empty folder to the answer."""
        return sum(self.seconds.values())


def program(page: str, language: str) -> str:
    """The app of the page, with a container in a language."""
    block = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert block is not None, f"{PAGE} has no program"
    return block[1].replace("CustomContainer.python(", f"CustomContainer.{language}(")


def travel(language: str, folder: Path, run: Callable[[tuple[str, ...], Path], str]) -> Journey:
    """Run all steps in an empty folder.

    Args:
        run: runs ``mdlc`` with arguments in a folder; returns what it printed.
    """
    (folder / "app.py").write_text(program(PAGE.read_text(encoding="utf-8"), language))
    (folder / "cdk.json").write_text('{"app": "python3 app.py"}')
    (folder / "mdlc.toml").write_text("[local]\ntime_scale = 20\n")
    (folder / "flats.csv").write_text(FLATS + "\n")
    journey = Journey()
    try:
        for step, words in STEPS.items():
            began = time.perf_counter()
            output = run(tuple(word.replace("{language}", language) for word in words), folder)
            journey.seconds[step] = time.perf_counter() - began
        match = re.search(r"^score\s+(\S+)", output, re.MULTILINE)
        assert match is not None, output
        journey.score = float(match[1])
    finally:
        run(("local", "down"), folder)
    return journey


def mdlc(arguments: tuple[str, ...], folder: Path) -> str:
    """Run one command of `mdlc`.

    Raises:
        RuntimeError: it failed; the message is what it printed.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "mdlc_cli", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(PAGE.parent.parent)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mdlc {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def forget_images() -> None:
    """Remove the built images and the environment of the starter's lock, so that a run makes them."""
    shutil.rmtree(local_images.folder_of("x").parent, ignore_errors=True)
    lock = bundles.source("containers") / "python" / "starter" / "requirements.lock"
    shutil.rmtree(toolchain.image_python(lock).parents[2])


@dataclass(frozen=True, kw_only=True)
class Served:
    """What requests cost.

    Attributes:
        p50: of requests of one row, one after another, in milliseconds.
        p50_quick: the same with a client that acknowledges packets at once.
        rows_per_second: in requests of 5,000 rows.
    """

    p50: float
    p50_quick: float
    rows_per_second: float


def serve(language: str, folder: Path, seconds: float) -> Served:
    """Train the starter on made-up rows, serve it by one process, and send requests one after another."""
    image, base = folder / "image", folder / "ml"
    starter = bundles.source("containers") / language / "starter"
    lay_out(CustomContainer.python(starter) if language == "python" else CustomContainer.r(starter), image)
    (base / "input" / "data" / "train").mkdir(parents=True)
    rows = "".join(f"{i % 7},{i % 5},{i % 3}\n" for i in range(1000))
    (base / "input" / "data" / "train" / "train.csv").write_text(rows)
    python = str(toolchain.image_python(bundles.source("containers") / "python/starter/requirements.lock"))
    begin = [python, str(image / "container.py")] if language == "python" else ["sh", str(image / "entry.sh")]
    port = 18_000 + os.getpid() % 1000
    environment = {
        **os.environ,
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        "MDLC_BIND_HOST": "127.0.0.1",
        "MDLC_RECORDS_1": json.dumps({"columns": ["a", "b"], "label": "y"}),
    }
    subprocess.run([*begin, "train"], env=environment, check=True, capture_output=True)
    server = subprocess.Popen([*begin, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        await_ping(port)
        medians = [one_row(port, seconds, quick=quick) for quick in (False, True)]
        batch = generate(port, http_request(b"1,2\n" * 5000, "text/csv"), connections=1, seconds=seconds)
    finally:
        server.terminate()
        server.wait(30)
    return Served(p50=medians[0], p50_quick=medians[1], rows_per_second=5000 * batch.per_second)


def one_row(port: int, seconds: float, *, quick: bool) -> float:
    """The median latency of requests of one row, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    latencies = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        connection.request("POST", "/invocations", b"1,2\n", {"Content-Type": "text/csv"})
        if quick and hasattr(socket, "TCP_QUICKACK"):
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        connection.getresponse().read()
        latencies.append(time.perf_counter() - began)
    connection.close()
    return 1000 * sorted(latencies)[len(latencies) // 2]


def await_ping(port: int) -> None:
    """Wait until /ping is answered."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the container does not answer /ping")


def table(journeys: Mapping[str, Journey]) -> str:
    """The steps of both languages as a Markdown table, with their ratio."""
    python, r = (journeys[language] for language in LANGUAGES)
    lines = ["| step | Python, s | R, s | R beside Python |", "|---|---:|---:|---:|"]
    rows = [
        *((step, python.seconds[step], r.seconds[step]) for step in STEPS),
        ("**total**", python.total, r.total),
    ]
    lines += [f"| {step} | {a:.1f} | {b:.1f} | {b / a:.2f} |" for step, a, b in rows]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each language; the fastest counts")
    parser.add_argument("--seconds", type=float, default=3, help="of each load")
    arguments = parser.parse_args()
    best: dict[str, Journey] = {}
    for _ in range(arguments.repeat):
        for language in LANGUAGES:
            forget_images()
            with tempfile.TemporaryDirectory() as folder:
                journey = travel(language, Path(folder), mdlc)
            if language not in best or journey.total < best[language].total:
                best[language] = journey
    assert abs(best["python"].score - best["r"].score) < 1e-6, "the languages' answers differ"
    print(table(best))
    print(
        "\n| | one row, p50 ms | acknowledged at once | rows a second, 5,000 a request |"
        "\n|---|---:|---:|---:|"
    )
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            served = serve(language, Path(folder), arguments.seconds)
        print(f"| {language} | {served.p50:.2f} | {served.p50_quick:.2f} | {served.rows_per_second:,.0f} |")


if __name__ == "__main__":
    main()
