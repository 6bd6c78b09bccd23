"""Everything of an endpoint ends with the server, or with its reset."""

import os
import time
from pathlib import Path

import pytest

from tests.local.embedded import start
from tests.local.sagemaker.conftest import make_lab
from tests.local.sagemaker.serving import Serving, variant


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", ["end", "kill", "reset"])
def test_no_process_outlives_its_server(tmp_path: Path, images_file: Path, how: str) -> None:
    server = start(tmp_path, "--images", str(images_file))
    serving = Serving(make_lab(server))
    name = serving.endpoint(serving.config(variant(serving.talking("x"))))
    pid = serving.ask(name)["pid"]
    assert lives(pid)
    if how == "kill":
        server.process.kill()
        server.process.wait(10)
    elif how == "reset":
        with server.open("POST", "/_ministack/reset") as answer:
            assert answer.status == 200
    else:
        assert server.end() == 0
    deadline = time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < deadline, "the model server outlived its endpoint"
        time.sleep(0.05)
    if how == "reset":
        assert serving.sagemaker.list_endpoints()["Endpoints"] == []
        assert server.end() == 0
