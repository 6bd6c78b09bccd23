"""SageMaker's contract for serving, of every container; what a kind cannot do stands in `KINDS`."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.contract import containers
from tests.containers.contract.containers import CSV, JSON, JSON_LINES, KINDS, OWN, PARQUET
from tests.containers.python.conftest import train as train_xgboost
from tests.containers.python.running import Running

pytestmark = pytest.mark.slow

ONE = {CSV: b"0.5,2\n", JSON: b'[{"b": 2, "a": 0.5}]', JSON_LINES: b'{"b": 2, "a": 0.5}\n'}
TWO = {CSV: b"0.5,2\n1,1\n", JSON: b'{"instances": [[0.5, 2], [1, 1]]}', JSON_LINES: b"[0.5, 2]\n[1, 1]\n"}


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    folder = tmp_path_factory.mktemp("contract")
    train_xgboost(folder / "xgboost")
    stacks = {name: containers.started(name, folder / name, folder / "xgboost") for name in KINDS}
    for name in KINDS:
        (folder / name).mkdir(exist_ok=True)
    running = {name: stack.__enter__() for name, stack in stacks.items()}
    yield running
    for stack in stacks.values():
        stack.__exit__(None, None, None)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def container(kind: str, all_of_them: dict[str, Running]) -> Running:
    return all_of_them[kind]


@pytest.fixture(params=OWN)
def own(request: pytest.FixtureRequest, all_of_them: dict[str, Running]) -> Running:
    return all_of_them[str(request.param)]


def scores(body: str, kind: str) -> list[float]:
    if kind == CSV:
        return [float(line) for line in body.splitlines()]
    if kind == JSON:
        return [row["score"] for row in json.loads(body)["predictions"]]
    return [json.loads(line)["score"] for line in body.splitlines()]


def get(container: Running, path: str) -> tuple[int, bytes]:
    connection = container.connect()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_it_answers_ping_and_its_offer(container: Running, kind: str) -> None:
    assert get(container, "/ping")[0] == 200
    status, body = get(container, "/execution-parameters")
    if not KINDS[kind].offers:
        assert status == 404
        return
    offer = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
    assert json.loads(body) == offer


@pytest.mark.parametrize("content_type", [CSV, JSON, JSON_LINES])
def test_a_row_and_a_batch_get_an_answer_each(container: Running, kind: str, content_type: str) -> None:
    first, both = (container.ask(bodies[content_type], content_type) for bodies in (ONE, TWO))
    if content_type not in KINDS[kind].formats:
        assert first[0] == both[0] == 415
        return
    assert first[0] == both[0] == 200, first[1] + both[1]
    (alone,), together = scores(first[1], content_type), scores(both[1], content_type)
    assert len(together) == 2 and together[0] == pytest.approx(alone)


def test_an_unknown_type_is_refused(container: Running) -> None:
    status, text = container.ask(b"<row/>", "text/xml")
    assert status == 415 and text.strip()


def test_a_path_that_is_none_is_not_found(container: Running) -> None:
    assert container.ask(b"", path="/models")[0] == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [(b"1,2\n3,x\n", ("2", "'x'")), (b"1,2\n3\n", ("2", "1")), (b"1_0,2\n", ("1", "1_0"))],
)
def test_a_bad_row_is_the_callers(container: Running, kind: str, body: bytes, named: tuple[str, ...]) -> None:
    status, text = container.ask(body)
    if not KINDS[kind].names_the_cell:
        assert status == 500 or (status, text.count("\n")) == (200, body.count(b"\n"))
        return
    assert status == 400 and text.startswith("Line ") and all(word in text for word in named), text


def test_a_large_batch_is_answered(container: Running) -> None:
    status, text = container.ask(b"0.5,2\n" * 30_000)
    assert status == 200 and len(set(text.split())) == 1 and len(text.split()) == 30_000


# What follows is of a team's own containers, in either language.


@pytest.mark.parametrize("content_type", [CSV, JSON, JSON_LINES])
def test_answers_are_those_of_the_model(own: Running, content_type: str) -> None:
    """Their features too: after training, `containers.started` changes those of the image."""
    _, text = own.ask(TWO[content_type], content_type)
    assert scores(text, content_type) == pytest.approx([0.0, 2.0], abs=1e-5)
    _, other = own.ask(TWO[content_type], content_type, Accept=JSON_LINES)
    assert json.loads(other.splitlines()[1]) == {"score": pytest.approx(2.0, abs=1e-5), "version": 7}


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'[{"a": 1, "b": 2}, {"a": 1}]', JSON, "Row 2 has no column 'b'"),
        (b'[{"a": 1, "b": "x"}]', JSON, "Row 1, column 'b'"),
        (b'{"a": 1}', JSON, "Send a list of rows"),
        (b'{"a": 1, "b": 2}\n{"a": 1, "b": true}\n', JSON_LINES, "Line 2, column 'b'"),
        (b'{"a": 1, "b": 2}\n{"a": \n', JSON_LINES, "Line 2: "),
        (b"[1, 2]\n[1]\n", JSON_LINES, "Line 2 has 1 values"),
        (b"", CSV, "The body is empty"),
        (b"", JSON_LINES, "The body is empty"),
        (b"[]", JSON, "The body is empty"),
    ],
)
def test_a_bad_body_is_named(own: Running, body: bytes, kind: str, text: str) -> None:
    status, answer = own.ask(body, kind)
    assert (status, answer.count("\n")) == (400, 1) and answer.startswith(text), answer


def test_parquet_without_its_package_is_a_sentence(own: Running) -> None:
    status, text = own.ask(b"PAR1", PARQUET)
    assert status == 415 and ("pyarrow" in text or "Arrow" in text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (999, "predict() gave a NaN or an infinite number for row 1."),
        (998, "predict() gave 1 answers for 2 rows"),
        (997, "predict() gave no numbers"),
        (995, "The model failed: its log says why."),
        (994, "The model failed: its log says why."),
    ],
)
def test_an_answer_that_is_none_is_a_sentence(own: Running, number: int, text: str) -> None:
    status, answer = own.ask(f"{number},1\n0,1\n".encode())
    assert status == 500 and answer.startswith(text), answer


def test_ping_is_answered_while_a_prediction_runs(own: Running) -> None:
    # The first slow answer teaches that small requests may take long; the second one runs beside.
    own.ask(b"996,1\n")
    slow = threading.Thread(target=own.ask, args=(b"996,1\n",))
    slow.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert own.healthy() and time.monotonic() - began < 1
    slow.join()


def test_its_log_is_json(own: Running) -> None:
    own.ask(b"994,1\n0,1\n")
    lines = [json.loads(line) for line in own.log.read_text().splitlines() if line.startswith("{")]
    assert lines and {"time", "level", "message"} <= set(lines[-1]) and lines[-1]["level"] == "ERROR"
    assert "secret of the model" in str(lines[-1])


@pytest.mark.parametrize("language", OWN)
def test_requests_sent_before_sigterm_are_answered(language: str, tmp_path: Path) -> None:
    with containers.started(language, tmp_path, tmp_path) as container:
        answers: list[tuple[int, str]] = []
        asking = threading.Thread(target=lambda: answers.append(container.ask(b"996,1\n")))
        asking.start()
        time.sleep(0.3)
        container.process.send_signal(signal.SIGTERM)
        asking.join()
        # uvicorn passes the signal on when it has ended its work.
        assert container.process.wait(20) in (0, -signal.SIGTERM)
    assert [status for status, _ in answers] == [200]
