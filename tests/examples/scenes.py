"""What the demo's parts are tested on: a scene with two flights, and packages as the registry has them."""

import io
from typing import Any

from rich.console import Console

from examples.flight_delay.asking import Asked, Row
from examples.flight_delay.serving import Scene
from tests.cli.fakes import FakeClient, FakeTarget

ROWS: list[Row] = [
    {"flight_id": f"F{n}", "tail_number": f"N{n}", "destination": "MIA", "time_hour": "2013-12-01 05:00:00"}
    for n in range(100)
]
SCORES = {f"F{n}": 0.2 for n in range(100)}
OUTPUTS = {
    "BucketName": "bucket",
    "AuditTableName": "audit",
    "DecisionsUrl": "https://abc.execute-api.us-east-1.amazonaws.com/live/",
    "DecisionTableName": "decisions",
    "PlanesTableName": "planes",
}


def scene(**clients: FakeClient) -> Scene:
    """A scene in which version 1 serves."""
    return Scene(
        out=Console(file=io.StringIO(), width=200, highlight=False),
        chosen=FakeTarget(clients=clients),
        outputs=OUTPUTS,
        rows=ROWS,
        scores=SCORES,
        version=1,
        name="demo-1",
    )


def told(given: Scene) -> str:
    """What was printed."""
    assert isinstance(given.out.file, io.StringIO)
    return given.out.file.getvalue()


def asked(
    flight: str, *, at: float = 0, version: int = 1, score: float = 0.2, status: int = 200, id_: str = ""
) -> Asked:
    """A request about a flight, and its answer."""
    answer: dict[str, Any] = {"model_version": version, "score": score, "decision": "wait"}
    return Asked(
        request_id=id_ or f"demo-1-{flight}-{at}",
        flight_id=flight,
        began=at,
        ended=at + 0.02,
        status=status,
        answer=answer if status == 200 else {"message": "nothing was recorded"},
    )
