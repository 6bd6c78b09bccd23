import json
from dataclasses import replace

from jobs.monitoring.replay import FEATURES, REQUESTS, write_replay
from tests.jobs.batches import DATASET
from tests.jobs.monitoring.windows import PROGRAM, Window, asked, event, opened, rows


def test_rows_as_they_were_sent_and_as_the_model_takes_them(window: Window) -> None:
    made = rows(40)
    window.capture(event({**row, "note": {"of": "the caller"}}) for row in made)
    with opened(window) as read:
        folder = window.folder / "replay"
        assert write_replay(read.connection, PROGRAM, folder, rows=10, seed=1) == 10
        requests = [json.loads(line) for line in (folder / REQUESTS).read_text().splitlines()]
        features = (folder / f"{FEATURES}.csv").read_text().splitlines()
        by_id = {row["id"]: row for row in made}
        assert len(requests) == len(features) == 10
        for request, line in zip(requests, features, strict=True):
            assert list(request) == ["inference_id", "row", "score", "version"]
            own = by_id[request["row"]["id"]]
            assert request["row"] == {**asked(own), "note": {"of": "the caller"}}
            assert (request["score"], request["version"]) == (own["score"], 7)
            assert [float(cell) for cell in line.split(",")] == PROGRAM.prepare(PROGRAM.typed(request["row"]))


def test_the_seed_chooses(window: Window) -> None:
    window.capture(event(row) for row in rows(60))
    texts = []
    with opened(window) as read:
        for seed in (1, 1, 2):
            write_replay(read.connection, PROGRAM, window.folder / "replay", rows=5, seed=seed)
            texts.append((window.folder / "replay" / REQUESTS).read_text())
    assert texts[0] == texts[1] != texts[2]


def test_fewer_rows_than_asked_for(window: Window) -> None:
    window.capture([event(rows(3))])
    with opened(window) as read:
        assert write_replay(read.connection, PROGRAM, window.folder / "replay", rows=5, seed=1) == 3


def test_answers_of_classes_are_written_by_name(window: Window) -> None:
    columns = {**DATASET["columns"], "y": "category"}
    dataset = {"task": "multiclass", "classes": ["b", "a", "c"], "columns": columns}
    answers = ['{"score": [0.2, 0.7, 0.1], "version": 7}']
    window.capture(event(row, answers=answers) for row in rows(3))
    with opened(window, dataset=dataset) as read:
        program = replace(PROGRAM, classes=("b", "a", "c"))
        write_replay(read.connection, program, window.folder / "replay", rows=1, seed=1)
    (line,) = (window.folder / "replay" / REQUESTS).read_text().splitlines()
    request = json.loads(line)
    assert (request["score"], request["probabilities"]) == (0.7, {"b": 0.2, "a": 0.7, "c": 0.1})
