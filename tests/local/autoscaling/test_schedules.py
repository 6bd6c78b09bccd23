"""When a scheduled action is due. ministack reads cron expressions, so its environment is asked."""

import json
import subprocess
from typing import Any

import pytest

from tests.local.embedded import PACKAGE, embedded_python

ASK = """
import datetime, json, sys
from pathlib import Path
from mdlc_local import options
from mdlc_local.autoscaling import schedules
options.use(options.Options(port=1, state_dir=Path("."), time_scale=60))
schedules.check_seams()
after = datetime.datetime(2026, 3, 28, 12, 0, tzinfo=datetime.UTC)
told = []
for request in json.load(sys.stdin):
    try:
        found = schedules.due(request, after)
        told.append(found.isoformat() if found else "never")
    except Exception as error:
        told.append(str(error))
print(json.dumps(told))
"""

CASES: list[tuple[dict[str, Any], str]] = [
    ({"Schedule": "at(2026-03-29T08:00:00)"}, "2026-03-29T08:00:00+00:00"),
    ({"Schedule": "at(2026-03-28T08:00:00)"}, "never"),
    ({"Schedule": "at(2026-03-29T08:00:00)", "Timezone": "Europe/Berlin"}, "2026-03-29T06:00:00+00:00"),
    # An interval is divided by the time scale of sixty.
    ({"Schedule": "rate(1 hour)"}, "2026-03-28T12:01:00+00:00"),
    ({"Schedule": "cron(30 22 * * ? *)"}, "2026-03-28T22:30:00+00:00"),
    ({"Schedule": "cron(0 6 ? * MON-FRI *)"}, "2026-03-30T06:00:00+00:00"),
    # Clocks go forward in that night.
    ({"Schedule": "cron(0 22 * * ? *)", "Timezone": "Europe/Berlin"}, "2026-03-28T21:00:00+00:00"),
    ({"Schedule": "cron(0 6 * * ? *)", "Timezone": "Europe/Berlin"}, "2026-03-29T04:00:00+00:00"),
    ({"Schedule": "cron(0 6 * * ? *)", "StartTime": "2026-04-02T00:00:00"}, "2026-04-02T06:00:00+00:00"),
    ({"Schedule": "cron(0 6 * * ? *)", "EndTime": "2026-03-29T05:00:00"}, "never"),
    ({"Schedule": "cron(0 6 * * ? 2020)"}, "never"),
    ({"Schedule": "cron(0 6 * * *)"}, "cron(0 6 * * *) is no schedule: give at("),
    ({"Schedule": "rate(1 hour)", "Timezone": "Europe/Nowhere"}, "Timezone Europe/Nowhere is not valid."),
]


@pytest.fixture(scope="module")
def told() -> list[str]:
    done = subprocess.run(
        [embedded_python(), "-c", ASK],
        input=json.dumps([request for request, _ in CASES]),
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(request) for request, _ in CASES])
def test_when_an_action_is_due(told: list[str], number: int) -> None:
    assert told[number].startswith(CASES[number][1])
