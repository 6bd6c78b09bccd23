from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local.log_streams import LogStream


class FakeLogs:
    """CloudWatch Logs in memory; refuses what `denied` names."""

    def __init__(self, denied: str = "", existing: bool = False) -> None:
        self.denied = denied
        self.existing = existing
        self.events: list[str] = []
        self.calls: list[str] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name == self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, name)
        if self.existing and name.startswith("create"):
            raise ClientError({"Error": {"Code": "ResourceAlreadyExistsException", "Message": ""}}, name)

    def create_log_group(self, **_: Any) -> None:
        self._call("create_log_group")

    def create_log_stream(self, **_: Any) -> None:
        self._call("create_log_stream")

    def put_log_events(self, **given: Any) -> None:
        self._call("put_log_events")
        self.events += [event["message"] for event in given["logEvents"]]


def write(logs: FakeLogs, path: Path, lines: int) -> LogStream:
    with LogStream(logs, "/aws/sagemaker/TrainingJobs", "job/algo-1-1", path) as stream:
        for number in range(lines):
            stream.write(f"line {number}")
    return stream


def test_every_line_arrives_in_order(tmp_path: Path) -> None:
    logs = FakeLogs()
    stream = write(logs, tmp_path / "sub" / "job.log", 2500)
    assert logs.events == [f"line {number}" for number in range(2500)]
    assert (tmp_path / "sub" / "job.log").read_text().splitlines() == logs.events
    assert stream.tail().splitlines()[0] == "line 2485"
    assert stream.tail().splitlines()[-1] == "line 2499"


def test_a_group_that_exists_is_used(tmp_path: Path) -> None:
    logs = FakeLogs(existing=True)
    write(logs, tmp_path / "job.log", 1)
    assert logs.events == ["line 0"]


def test_a_role_without_permission_leaves_the_file(tmp_path: Path) -> None:
    logs = FakeLogs(denied="create_log_group")
    write(logs, tmp_path / "job.log", 3)
    assert logs.calls == ["create_log_group"]
    assert (tmp_path / "job.log").read_text() == "line 0\nline 1\nline 2\n"


def test_empty_lines_are_no_events(tmp_path: Path) -> None:
    logs = FakeLogs()
    with LogStream(logs, "g", "s", tmp_path / "job.log") as stream:
        stream.write("")
        stream.write("a")
    assert logs.events == ["a"]
