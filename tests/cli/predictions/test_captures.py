from __future__ import annotations

import base64
import io
import json
from datetime import date
from typing import Any

from mdlc_cli.predictions import captures
from tests.cli.fakes import FakeClient, FakeTarget

KEY = "capture/churn/main/2026/02/01/13/00-00-000-a.jsonl"


def line(asked: str, answered: str, encoding: str = "JSON", **about: str) -> str:
    sides = {"endpointInput": asked, "endpointOutput": answered}
    data = {name: {"data": text, "encoding": encoding} for name, text in sides.items()}
    about = {"eventId": "e1", "inferenceTime": "2026-02-01T13:00:00Z", **about}
    return json.dumps({"captureData": data, "eventMetadata": about, "eventVersion": "0"})


def read(text: str, id_: str = "q1") -> Any:
    return captures.read(text, id_, model="churn", place="here")


def test_a_row_with_its_score_and_version_is_read() -> None:
    text = "\n".join(
        ["not json q1", line('{"x": 1}\n', '{"score": 0.1, "version": 1}', inferenceId="q10"),
         line('{"x": 2}\n', '{"score": 0.5, "version": 7}\n', inferenceId="q1")]
    )  # fmt: skip
    found = read(text)
    assert (found.row, found.score, found.version, found.at) == ({"x": 2}, 0.5, 7, "2026-02-01T13:00:00Z")
    assert read(text, "e1").row == {"x": 1}
    assert read(text, "q2") is None


def test_several_rows_stay_several() -> None:
    answers = '{"score": 0.5, "version": 7}\n{"score": 0.6, "version": 7}\n'
    found = read(line('{"x": 1}\n{"x": 2}\n', answers, inferenceId="q1"))
    assert (found.row, found.score, found.version) == ([{"x": 1}, {"x": 2}], [0.5, 0.6], 7)


def test_an_answer_in_csv_and_base64_tells_no_version() -> None:
    asked, answered = (base64.b64encode(text.encode()).decode() for text in ("1,2\n", "0.25\n"))
    found = read(line(asked, answered, "BASE64", inferenceId="q1"))
    assert (found.row, found.score, found.version) == ("1,2", 0.25, None)
    assert read(line("&", "&", "BASE64", inferenceId="q1")).row == "&"


def test_a_capture_without_an_answer_is_one() -> None:
    event = {"captureData": {}, "eventMetadata": {"inferenceId": "q1"}}
    found = read(json.dumps(event))
    assert (found.row, found.score, found.at) == (None, None, "")


def test_files_of_the_day_are_looked_through() -> None:
    def listing(**request: Any) -> dict[str, Any]:
        if "Delimiter" in request:
            below = {"capture/": "capture/churn/", "capture/churn/": "capture/churn/main/"}[request["Prefix"]]
            return {"CommonPrefixes": [{"Prefix": below}]}
        return {"Contents": [{"Key": KEY}]} if KEY.startswith(request["Prefix"]) else {}

    def stored(**request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(line('{"x": 1}', "0.5", inferenceId="q1").encode())}

    client = FakeClient(list_objects_v2=listing, get_object=stored)
    target, told = FakeTarget(clients={"s3": client}), list[str]()
    found = captures.find(target, "b", "churn", date(2026, 2, 1), "q1", told.append)
    assert found is not None and found.place == f"s3://b/{KEY}" and told == [found.place]
    assert captures.find(target, "b", "churn", date(2026, 2, 2), "q1", told.append) is None
    assert len(told) == 1


def test_an_answer_of_classes_names_them() -> None:
    answer = '{"prediction": "b", "score": 0.7, "probabilities": {"a": 0.3, "b": 0.7}, "version": 7}\n'
    found = read(line('{"x": 1}\n', answer, inferenceId="q1"))
    assert (found.score, found.version) == (0.7, 7)
    assert found.details["prediction"] == "b" and found.details["probabilities"] == {"a": 0.3, "b": 0.7}


def test_an_answer_of_a_cluster_names_it() -> None:
    answer = '{"score": 0.5, "cluster": 2, "distance": 0.5, "version": 7}\n'
    found = read(line('{"x": 1}\n', answer, inferenceId="q1"))
    assert (found.score, found.details["cluster"], found.details["distance"]) == (0.5, 2, 0.5)
