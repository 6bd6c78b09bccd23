"""What a method calls, and what becomes of the answer."""

import threading
import uuid

from mdlc_local.payload_limits import MAX_API_REQUEST_BYTES, MAX_SYNCHRONOUS_BYTES
from tests.local.api_gateway.gateway import GOOD, Answer, Stack


def test_a_machine_decides(stack: Stack) -> None:
    answer = stack.post("/decisions")
    assert (answer.status, answer.json) == (200, {"request_id": GOOD["request_id"], "decision": "rebook"})
    assert answer.headers["content-type"] == "application/json"


def test_a_failed_execution_is_mapped(stack: Stack) -> None:
    answer = stack.post("/decisions", {"request_id": "x", "row": {"fail": True}})
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.json == {
        "error": "NoAnswer",
        "status": "FAILED",
        "request_id": answer.headers["x-amzn-requestid"],
    }


def test_a_content_type_without_template(stack: Stack) -> None:
    answer = stack.post("/limited", b"a,b", {"Content-Type": "text/csv"})
    assert (answer.status, answer.json) == (415, {"message": "Unsupported Media Type"})


def test_a_function_answers(stack: Stack) -> None:
    answer = stack.post("/open/fine")
    assert (answer.status, answer.headers["x-shape"]) == (200, "function")
    assert answer.json["path"] == {"kind": "fine"}
    assert answer.json["id"] == answer.headers["x-amzn-requestid"]


def test_a_function_that_raises_or_answers_nonsense(stack: Stack) -> None:
    for kind in ("raise", "malformed"):
        answer = stack.post(f"/open/{kind}")
        assert (answer.status, answer.json) == (502, {"message": "Internal server error"}), kind


def test_a_function_that_takes_too_long(stack: Stack) -> None:
    answer = stack.post("/slow")
    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})


def test_many_callers_at_once(stack: Stack) -> None:
    answers: list[tuple[str, Answer]] = []

    def call(path: str) -> None:
        for _ in range(25):
            name = uuid.uuid4().hex
            answers.append((name, stack.post(path, {"request_id": name, "row": {"delay": 1}})))

    threads = [threading.Thread(target=call, args=(path,)) for path in ["/decisions", "/open/fine"] * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 300
    assert [answer for _, answer in answers if answer.status != 200] == []
    assert all(name in answer.text for name, answer in answers)


def test_a_request_of_more_than_ten_megabytes_is_refused(stack: Stack) -> None:
    # The machine is not reached: its own limit would be another answer.
    for path in ("/decisions", "/open/fine"):
        answer = stack.post(path, b'"' + b"x" * MAX_API_REQUEST_BYTES + b'"')
        assert (answer.status, answer.json) == (413, {"message": "Request Too Long"}), path


def test_a_request_that_its_function_could_not_take_is_refused(stack: Stack) -> None:
    answer = stack.post("/open/fine", b'"' + b"x" * MAX_SYNCHRONOUS_BYTES + b'"')
    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})
