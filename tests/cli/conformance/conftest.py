"""One embedded AWS, one behaviour of which a test may alter, with the resources of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mdlc_cli.aws.target import Target
from mdlc_cli.conformance import deployment
from mdlc_cli.conformance.bench import Bench
from scripts.write_expected import TIME_SCALE
from tests.local.embedded import ACCOUNT, REGION, Server, embedded_python, start


@dataclass(frozen=True)
class Altered:
    """The server, and the resources that probes ask it with."""

    server: Server
    bench: Bench

    @property
    def target(self) -> Target:
        return self.bench.target

    def alter(self, probe: str) -> None:
        """Alter the behaviour that a probe asks for; none with an empty name."""
        self.server.control("POST", "alter", {"probe": probe})


@pytest.fixture(scope="package")
def altered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Altered]:
    folder = tmp_path_factory.mktemp("conformance")
    images = folder / "images.json"
    images.write_text(json.dumps({"scikit-learn": {"python": embedded_python()}}))
    program = Path(__file__).with_name("altered_server.py")
    options = ("--time-scale", str(TIME_SCALE), "--images", str(images))
    server = start(folder / "state", *options, program=program)
    target = Target(
        endpoint=server.endpoint,
        region=REGION,
        account=ACCOUNT,
        secret=server.credentials["aws_secret_access_key"],
        time_scale=TIME_SCALE,
    )
    run = deployment.new_run()
    made = Altered(server, Bench(target=target, run=run, outputs=deployment.deploy(target, run)))
    made.alter("")
    yield made
    assert deployment.remove(target, run) == []
    server.end()
