"""No more jobs run at once than there are cores, and a test may keep jobs waiting."""

import os
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest

from mdlc_local.sagemaker.jobs import capacity
from tests.local.sagemaker.lab import Lab


@pytest.fixture(autouse=True)
def freed(lab: Lab) -> Iterator[None]:
    yield
    lab.server.control("POST", "free")


def test_no_more_jobs_run_at_once_than_there_are_cores(lab: Lab) -> None:
    code = (
        'import time\nfor word in ("from", "to"):\n    print(word, time.time(), flush=True)\n'
        "    time.sleep(0.5)\n"
    )
    requests = [lab.processing(code) for _ in range(capacity.MAX_RUNNING + 2)]
    for request in requests:
        lab.sagemaker.create_processing_job(**request)
    spans = []
    for request in requests:
        name = request["ProcessingJobName"]
        assert lab.wait("processing", name)["ProcessingJobStatus"] == "Completed"
        spans.append([float(line.split()[1]) for line in lab.log("processing", name)])
    at_once = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert 1 <= at_once <= (os.cpu_count() or 1)


def test_a_held_job_begins_when_it_is_freed(lab: Lab) -> None:
    held, other = lab.processing("print(1)"), lab.processing("print(1)")
    name = held["ProcessingJobName"]
    lab.server.control("POST", "hold", {"jobs": f"{name[:-1]}*"})
    lab.sagemaker.create_processing_job(**held)
    assert lab.run("processing", other)["ProcessingJobStatus"] == "Completed"
    waiting = lab.sagemaker.describe_processing_job(ProcessingJobName=name)
    assert waiting["ProcessingJobStatus"] == "InProgress"
    assert "ProcessingStartTime" not in waiting
    lab.server.control("POST", "free")
    assert lab.wait("processing", name)["ProcessingJobStatus"] == "Completed"


def test_a_held_job_can_be_stopped(lab: Lab) -> None:
    request = lab.processing("print(1)")
    name = request["ProcessingJobName"]
    lab.server.control("POST", "hold", {"jobs": name})
    lab.sagemaker.create_processing_job(**request)
    lab.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert lab.wait("processing", name)["ProcessingJobStatus"] == "Stopped"


def test_nothing_is_held_without_a_pattern(lab: Lab) -> None:
    with pytest.raises(HTTPError, match="400"):
        lab.server.control("POST", "hold", {})
