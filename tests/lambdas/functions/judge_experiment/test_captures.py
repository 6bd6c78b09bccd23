"""What is read of captures, and which part of them."""

import base64
import json
from typing import Any

from lambdas.functions.judge_experiment.captures import Exchange, exchanges, spread
from lambdas.probing.comparison import Answer
from lambdas.probing.rows import CaptureFile


def line(answer: str, *, inference: str | None = None, event: str = "e", **sides: Any) -> str:
    about: dict[str, Any] = {"eventId": event}
    if inference is not None:
        about["inferenceId"] = inference
    data = {
        "endpointInput": {"data": '{"tail": "N1", "delay": 3}', "encoding": "JSON"},
        "endpointOutput": {"data": answer, "encoding": "JSON"},
        **sides,
    }
    return json.dumps({"captureData": data, "eventMetadata": about, "eventVersion": "0"})


def scores(found: Exchange) -> list[tuple[float, ...] | None]:
    return [None if answer is None else answer.scores for answer in found.answers]


def read(*lines: str) -> list[Exchange]:
    return list(exchanges("\n".join(lines)))


def test_an_exchange_is_joined_by_the_surest_id_it_has() -> None:
    (found,) = read(line('{"score": 0.5, "version": 2}\n', inference="r-1"))
    assert found.ids == ("inference r-1", "event e", 'request {"tail": "N1", "delay": 3}')
    assert (found.inference_id, found.row) == ("r-1", {"tail": "N1", "delay": 3})
    assert found.answers == (Answer(scores=(0.5,), version="2"),)
    assert read(line("1"))[0].inference_id is None


def test_several_rows_are_several_answers_and_no_one_row() -> None:
    asked = {"data": '{"a": 1}\n{"a": 2}', "encoding": "JSON"}
    (found,) = read(line('{"score": 1}\n{"score": [2, 3]}\n\n{"score": null}', endpointInput=asked))
    assert scores(found) == [(1.0,), (2.0, 3.0), None]
    assert found.row is None


def test_what_is_no_exchange_of_a_caller_is_passed_over() -> None:
    assert read("{", "[]", "{}", line("1", inference="probe-7")) == []


def test_bodies_in_base_64_are_read_and_others_are_not_known() -> None:
    coded = {"data": base64.b64encode(b'{"score": 4}').decode(), "encoding": "BASE64"}
    broken = {"data": "?", "encoding": "BASE64"}
    assert scores(read(line("", endpointOutput=coded))[0]) == [(4.0,)]
    (found,) = read(line("", endpointOutput=broken, endpointInput=None))
    assert (found.answers, found.row, found.ids) == ((), None, ("event e",))


def stored(variant: str, minute: int, size: int = 10) -> CaptureFile:
    return CaptureFile(key=f"capture/e/{variant}/2026/01/01/07/{minute:02d}-00-000-x.jsonl", size=size)


def test_little_is_read_whole() -> None:
    files = [stored(variant, minute) for variant in ("main", "shadow") for minute in range(60)]
    assert sorted(spread(files, max_bytes=1200, max_files=120)) == sorted(file.key for file in files)


def test_of_much_the_same_stretches_are_read_of_both_variants() -> None:
    files = [stored(variant, minute) for variant in ("main", "shadow") for minute in range(60)]
    for most in ({"max_bytes": 400, "max_files": 999}, {"max_bytes": 99999, "max_files": 40}):
        keys = spread(files, **most)
        minutes = {
            variant: {key.rsplit("/", 1)[1][:2] for key in keys if f"/{variant}/" in key}
            for variant in ("main", "shadow")
        }
        assert minutes["main"] == minutes["shadow"]
        assert len(minutes["main"]) == 20
    assert spread([], max_bytes=1, max_files=1) == []


def test_what_a_caller_sends_or_a_model_answers_cannot_stop_the_judgement() -> None:
    nested, digits = "[" * 100_000, "9" * 400
    asked = {"data": nested, "encoding": "JSON"}
    found = read(
        line(nested, endpointInput=asked), line(digits), line(f'{{"score": {digits}}}'), nested, line("0.5")
    )
    assert [scores(one) for one in found] == [[None], [None], [None], [(0.5,)]]
    assert found[0].row is None
