from __future__ import annotations

import sys
import time

import pytest

from mdlc_cli.errors import MissingToolError, ToolFailedError
from mdlc_cli.tools.tool_process import KEPT_LINES, clean_environment, run_tool


def test_lines_arrive_while_the_tool_runs() -> None:
    arrived: list[float] = []
    code = "import time\nfor n in range(2): print(n, flush=True); time.sleep(0.4)"
    run_tool(
        [sys.executable, "-c", code],
        what="it",
        remedy="-",
        on_line=lambda line: arrived.append(time.monotonic()),
    )
    assert arrived[1] - arrived[0] > 0.2


def test_a_failure_keeps_the_last_lines_of_both_streams() -> None:
    code = f"import sys\nfor n in range({KEPT_LINES * 2}): print(n, flush=True)\nsys.exit('told on stderr')"
    with pytest.raises(ToolFailedError, match=r"^it failed with status 1: try again$") as caught:
        run_tool([sys.executable, "-c", code], what="it", remedy="try again")
    lines = caught.value.detail.splitlines()
    assert len(lines) == KEPT_LINES
    assert lines[-1] == "told on stderr"


def test_a_program_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(MissingToolError, match=r"^it needs /no/such/tool, which is not there: install it$"):
        run_tool(["/no/such/tool"], what="it", remedy="install it")


def test_an_interrupted_tool_is_ended() -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_tool(
            [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(60)"],
            what="it", remedy="-", on_line=interrupt,
        )  # fmt: skip
    assert time.monotonic() - began < 30


def test_another_python_of_the_callers_environment_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/other")
    monkeypatch.setenv("SSL_CERT_FILE", "/certificates")
    environment = clean_environment({"ADDED": "1"})
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & set(environment)
    assert (environment["SSL_CERT_FILE"], environment["ADDED"]) == ("/certificates", "1")
