import base64
import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from examples.flight_lifecycle import living
from examples.flight_lifecycle.living import Scene
from mdlc_cli.errors import CommandError
from mdlc_client import audit
from tests.cli.fakes import FakeClient, FakeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "flight_id,time_hour,distance\n"


def capture(rows: int, *, encoded: bool) -> bytes:
    text = "".join('{"score": 0.2, "version": 1}\n' for _ in range(rows))
    data = base64.b64encode(text.encode()).decode() if encoded else text
    output = {"encoding": "BASE64" if encoded else "JSON", "data": data}
    return json.dumps({"captureData": {"endpointOutput": output}}).encode() + b"\n"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "asked").mkdir()
    rows = "".join(f"F{n},2013-05-01 05:00:00,100\n" for n in range(450))
    (tmp_path / "asked" / "2013-05.csv").write_text(HEADER + rows)
    asked: list[dict[str, Any]] = []

    def invoke(**request: Any) -> dict[str, Any]:
        asked.append(request)
        lines = len(request["Body"].splitlines())
        return {"Body": io.BytesIO(b'{"score": 0.2, "version": 1}\n' * lines)}

    files = {f"capture/{n}.jsonl": capture(n, encoded=bool(n % 2)) for n in (225, 200, 25)}
    s3 = FakeClient(
        list_objects_v2={"Contents": [{"Key": key, "LastModified": datetime.now(UTC)} for key in files]},
        get_object=lambda **request: {"Body": io.BytesIO(files[request["Key"]])},
    )
    clients = {"sagemaker-runtime": FakeClient(invoke_endpoint=invoke), "s3": s3}
    return Scene(
        out=Console(file=io.StringIO(), width=200),
        chosen=FakeTarget(clients=clients),
        outputs={"BucketName": "bucket", "AuditTableName": "audit"},
        folder=tmp_path,
        share=1,
    )


def test_all_flights_of_a_month_are_asked_about_within_the_window(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    before = datetime.now(UTC).replace(microsecond=0)
    window, asked = living.ask(scene, 5)
    assert asked == 450
    start, end = (datetime.fromisoformat(window[edge]) for edge in ("start", "end"))
    assert before <= start < end


def test_captures_that_do_not_come_are_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "CAPTURED_SECONDS", 0.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with pytest.raises(CommandError, match="of 451 answers were captured"):
        living.wait_for_captures(scene, NOW, 451)


@pytest.mark.parametrize(
    ("drifted", "auc", "due"), [("false", 0.70, False), ("true", 0.70, True), ("false", 0.67, True)]
)
def test_a_retraining_is_due_when_the_triggers_say_so(drifted: str, auc: float, due: bool) -> None:
    seen = {
        "drifted": drifted,
        "metrics": json.dumps({"auc": {"value": auc, "low": auc, "high": auc}}),
        "baseline_metrics": json.dumps({"auc": 0.70}),
    }
    assert living.calls_for_retraining(seen) is due


def test_a_window_that_the_monitor_did_not_record_is_said(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"sk": "WINDOW#endpoint#x", "start": "2026-01-01T00:00:00Z", "rows": "5"}]
    monkeypatch.setattr(audit, "items", lambda *_, **__: items)
    assert living.monitored(scene, {"start": "2026-01-01T00:00:00+00:00"})["rows"] == "5"
    with pytest.raises(CommandError, match="recorded nothing of the window"):
        living.monitored(scene, {"start": "2026-01-02T00:00:00+00:00"})
