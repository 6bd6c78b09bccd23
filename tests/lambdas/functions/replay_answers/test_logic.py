"""The replay over in-memory services: captured, now, and the package's."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.functions.replay_answers import handler, logic
from lambdas.probing.comparison import Answer
from mdlc_constructs.settings.payloads.codec import encode
from tests.lambdas.fakes import client_error
from tests.lambdas.monitored import WINDOW, Services

FOLDER, SCORES = "s3://b/monitoring/endpoint/w/d/", "s3://b/scores/x/"


class Endpoint:
    """Answers rows by their `x`; `version` is what it serves."""

    def __init__(self) -> None:
        self.version, self.shift = 3, 0.0
        self.error: Exception | None = None
        self.asked: list[dict[str, Any]] = []

    def __call__(
        self, client: Any, endpoint: str, rows: Sequence[Any], *, run: str, seconds: float
    ) -> list[Answer | None]:
        if self.error:
            raise self.error
        self.asked += [json.loads(row.body) for row in rows]
        return [
            Answer(scores=(json.loads(row.body)["x"] + self.shift,), version=str(self.version))
            for row in rows
        ]


class World(Services):
    endpoint: Endpoint


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    found.endpoint = Endpoint()
    monkeypatch.setattr(handler, "client", found.client)
    monkeypatch.setattr(handler, "ask", found.endpoint)
    monkeypatch.setattr(handler, "runtime", lambda: None)
    lines = [{"inference_id": f"r{n}", "row": {"x": n / 10}, "score": n / 10, "version": 3} for n in range(4)]
    found.s3.put(f"{FOLDER}replay/requests.jsonl", "\n".join(json.dumps(line) for line in lines))
    found.s3.put(f"{SCORES}features.csv.out", "0.0,0.1\n0.2,0.3\n")
    return found


def replay(**changes: Any) -> dict[str, Any]:
    window = {
        **WINDOW,
        "id": "w",
        "folder": FOLDER,
        "scores": SCORES,
        "version": 3,
        **changes.pop("window", {}),
    }
    settings = {"tolerance": 1e-3, "golden": True}
    given = {"model": "m", "bucket": "b", "endpoint": "e", "settings": settings, "window": window, **changes}
    return handler.handler(given, None)


def test_the_same_input_keeps_its_answer(world: World) -> None:
    found = replay()
    assert (found["moved"], found["largest_move"], found["notes"]) == (0.0, 0.0, [])
    assert set(found["comparisons"]) == {"package_and_captured", "now_and_captured", "now_and_package"}
    assert world.s3.json(f"{FOLDER}consistency.json") == found


def test_an_answer_that_moved_is_a_number(world: World) -> None:
    world.endpoint.shift = 0.25
    found = replay()
    assert (found["moved"], found["largest_move"]) == (1.0, pytest.approx(0.25))
    assert found["comparisons"]["package_and_captured"]["moved"] == 0.0
    world.endpoint.shift = 0.0
    world.s3.put(f"{SCORES}features.csv.out", "0.0,0.1\n0.2,0.9\n")
    assert replay()["comparisons"]["package_and_captured"] == {
        "rows": 4,
        "moved": 0.25,
        "largest_move": pytest.approx(0.6),
    }


def test_an_endpoint_that_is_gone_is_said_and_no_failure(world: World) -> None:
    world.endpoint.error = client_error("ValidationError", "Endpoint e of account a not found.")
    found = replay()
    assert "could not be asked: Endpoint e of account a not found." in found["notes"][0]
    assert found["comparisons"]["now_and_captured"] == {"rows": 0, "moved": None, "largest_move": None}
    assert found["moved"] == 0.0


def test_a_missing_permission_is_a_failure(world: World) -> None:
    world.endpoint.error = client_error("AccessDeniedException", "no")
    with pytest.raises(Exception, match="AccessDenied"):
        replay()


def test_another_version_that_serves_by_now_is_said_and_not_compared(world: World) -> None:
    world.endpoint.version, world.endpoint.shift = 4, 0.5
    found = replay()
    assert "4 requests were answered by version 4, which is not the window's 3" in found["notes"][0]
    assert found["moved"] == 0.0


def test_a_package_that_was_not_asked_is_said(world: World) -> None:
    found = replay(window={"replay_failed": "Model gone"})
    assert found["notes"] == ["The registered package was not asked: Model gone"]
    assert set(found["comparisons"]) == {"now_and_captured"}
    world.s3.put(f"{SCORES}features.csv.out", "0.0\n")
    assert "did not answer each of the sampled rows" in replay()["notes"][0]


def test_batches_are_compared_with_the_package_alone(world: World) -> None:
    found = replay(endpoint="")
    assert set(found["comparisons"]) == {"package_and_captured"}
    assert not world.endpoint.asked


def test_golden_rows_are_held_to_the_versions_own_first_answers(world: World) -> None:
    world.s3.put("s3://b/golden/rows.jsonl", '{"x": 0.5}\n\n{"x": 0.6}\n')
    assert "Version 3's answers to 2 golden rows were kept" in replay()["notes"][0]
    assert replay()["comparisons"]["golden"] == {"rows": 2, "moved": 0.0, "largest_move": 0.0}
    world.endpoint.shift = 0.01
    assert replay()["comparisons"]["golden"]["moved"] == 1.0
    world.endpoint.version = 4
    assert "golden" not in replay()["comparisons"]
    assert "golden" not in replay(settings={"tolerance": 1e-3, "golden": False})["comparisons"]


def test_what_is_not_there_is_not_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 tells who may list below prefixes only that a missing key is denied."""
    whole = world.s3.get_object

    def get_object(*, Bucket: str, Key: str, **request: Any) -> dict[str, Any]:
        if f"{Bucket}/{Key}" not in world.s3.objects:
            raise client_error("AccessDenied", "Access Denied", "GetObject")
        return whole(Bucket=Bucket, Key=Key, **request)

    monkeypatch.setattr(world.s3, "get_object", get_object)
    assert replay()["notes"] == []
    world.s3.put("s3://b/golden/rows.jsonl.old", '{"x": 0.5}\n')
    assert replay()["notes"] == []
    world.s3.put("s3://b/golden/rows.jsonl", '{"x": 0.5}\n')
    assert "Version 3's answers to 1 golden rows were kept" in replay()["notes"][0]


def test_answers_of_another_shape_have_moved(world: World) -> None:
    one, two = Answer(scores=(0.5,), version="1"), Answer(scores=(0.5, 0.5), version="1")
    found = logic.compare([one, one], [two, one], 0.1)
    assert encode(found) == {"rows": 2, "moved": 0.5, "largest_move": 0.0}
    assert logic.compare([one, None], [None, one], 0.1).rows == 0


def test_requests_without_a_readable_answer_are_asked_all_the_same() -> None:
    (found,) = logic.requests('{"inference_id": "r", "row": {"x": 1}, "score": null, "version": null}\n', "t")
    assert (found.answer, found.body) == (None, '{"x": 1}')


def test_what_is_no_number_is_no_answer_of_the_package() -> None:
    assert logic.package_answers(["a,b\n"], 2, 1) == []
    assert logic.package_answers(["0.5\n"], 2, 1) == []


@pytest.mark.parametrize(
    ("texts", "classes", "expected"),
    [
        (['{"score": 0.5}\n{"score": 0.25}\n'], (), [(0.5,), (0.25,)]),
        (['{"predicted_label": 0.5}\n', "0.25\n"], (), [(0.5,), (0.25,)]),
        (['{"score": [0.6, 0.4], "predicted_label": 0}\n'], ("b", "a"), [(0.4, 0.6)]),
        (['{"score": NaN}\n'], (), []),
        (['{"answer": 1}\n'], (), []),
        (['{"score": 1\n'], (), []),
    ],
)
def test_a_package_may_answer_as_algorithms_of_aws_do(
    texts: list[str], classes: tuple[str, ...], expected: list[tuple[float, ...]]
) -> None:
    answers = logic.package_answers(texts, len(expected) or 1, 1, classes)
    assert [answer.scores for answer in answers if answer is not None] == expected


def test_answers_of_classes_are_compared_by_name() -> None:
    probabilities = {"b": 0.7, "a": 0.3}
    sampled = {"inference_id": "i", "row": {}, "score": 0.7, "probabilities": probabilities, "version": 7}
    (request,) = logic.requests(json.dumps(sampled), "t")
    assert request.classes == ("b", "a")
    assert request.answer == Answer(scores=(0.3, 0.7), version="7", names=("a", "b"))
    package = logic.package_answers(["[0.6, 0.4]\n", "0.5,0.5\n"], 2, 7, request.classes)
    assert package[0] == Answer(scores=(0.4, 0.6), version="7", names=("a", "b"))
    found = logic.compare([request.answer], package, 0.05)
    assert found.moved == 1.0 and found.largest_move == pytest.approx(0.1)
    assert logic.package_answers(["0.6\n"], 1, 7, request.classes) == []
    renamed = Answer(scores=(0.3, 0.7), version="7", names=("a", "c"))
    assert logic.compare([request.answer], [renamed], 0.5).moved == 1.0
