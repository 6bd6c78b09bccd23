"""Waiting follows the server's time scale (ten, in these tests)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server
from tests.local.states.running import run

Roles = Callable[..., Role]


@pytest.mark.parametrize("wait", [{"Seconds": 12}, {"Seconds": "{% $states.input.seconds %}"}])
def test_a_wait_is_scaled(server: Server, make_role: Roles, wait: dict[str, Any]) -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Wait", **wait, "End": True}},
    }
    done = run(server, machine, make_role().arn, {"seconds": 12})
    assert done.status == "SUCCEEDED", done.cause
    assert 1.1 < done.seconds < 6


def test_a_past_time_is_not_waited_for(server: Server, make_role: Roles) -> None:
    state = {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}
    done = run(server, {"StartAt": "A", "States": {"A": state}}, make_role().arn)
    assert done.status == "SUCCEEDED"
    assert done.seconds < 3
