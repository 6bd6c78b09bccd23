"""Asking the warm function, and how services fail it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.functions.decide import handler as decide
from lambdas.functions.decide import record
from mdlc_constructs.settings.payloads.codec import encode
from tests.lambdas.decision_api import ROW
from tests.lambdas.http_services import Drop, Reply, Services


def ask(request_id: str = "r-1", row: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"request_id": request_id, "row": ROW if row is None else row})
    answer = decide.handler({"body": body}, None)
    return answer["statusCode"], json.loads(answer["body"])


def recorded(api: Services, request_id: str = "r-1") -> dict[str, Any]:
    return encode(record.from_item(api.tables["decisions"][json.dumps({"S": request_id})]))


def drop() -> Reply | None:
    raise Drop


def late(seconds: float = 0.4) -> Callable[[], Reply | None]:
    def wait() -> Reply | None:
        time.sleep(seconds)
        return None

    return wait


def counted(capsys: pytest.CaptureFixture[str], name: str) -> int:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sum(line.get(name, 0) for line in lines)
