import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from jobs.commands.monitor import run
from jobs.errors import InputError
from jobs.names import ANSWER, ENTITY, EVENT_TIME, KNOWN, LABEL, ROW_KEY
from tests.jobs.batches import DATASET
from tests.jobs.monitoring.windows import Window, event, opened, rows

pytestmark = pytest.mark.slow


def known(read: Any) -> dict[str, float]:
    return dict(read.query(f"SELECT {ROW_KEY}, {LABEL} FROM judged WHERE {LABEL} IS NOT NULL"))


def test_labels_of_some_rows(window: Window) -> None:
    made = rows(10)
    window.capture(event(row) for row in made)
    window.label([*made[:4], *rows(5, seed=2)])
    with opened(window) as read:
        assert known(read) == {row["id"]: row["y"] for row in made[:4]}
        found = read.labels
    assert (found.labelled, found.coverage, found.unknown) == (4, 0.4, 5)
    assert found.labelled_until == made[3]["at"] + "+00:00"
    assert found.delay_seconds is None


def test_duplicates_count_once_and_contradictions_not_at_all(window: Window) -> None:
    made = rows(5)
    window.capture(event(row) for row in made)
    window.label(made)
    window.label(
        [made[0], {**made[1], "y": 1 - made[1]["y"]}, *rows(3, seed=2), *rows(3, seed=2)], "more.csv"
    )
    with opened(window) as read:
        assert sorted(known(read)) == [made[0]["id"], *(row["id"] for row in made[2:])]
        found = read.labels
    # What is said twice of rows of other windows is those windows' business.
    assert (found.labelled, found.duplicates, found.contradictory) == (4, 1, 1)
    assert "1 row of 1 id are left out of accuracy, because labels of one id contradict each other." in (
        found.notes
    )


def test_a_contradictory_id_is_counted_with_all_its_rows(window: Window) -> None:
    made = rows(60)
    same = [{**row, "id": "customer"} for row in made[:51]]
    window.capture(event(row, number=place) for place, row in enumerate([*same, *made[51:]]))
    window.label([{**same[0], "y": 0}, {**same[0], "y": 1}, *made[51:]])
    with opened(window) as read:
        found = read.labels
    assert (found.labelled, found.contradictory) == (9, 51)
    (said,) = [note for note in found.notes if "contradict" in note]
    assert said.startswith("51 rows of 1 id are left out of accuracy")


def test_a_contradiction_about_rows_of_another_version_takes_no_label(window: Window) -> None:
    made = rows(4)
    window.capture([event(made[0], version=8), *(event(row) for row in made[1:])])
    window.label([{**made[0], "y": 0}, {**made[0], "y": 1}, *made[1:]])
    with opened(window) as read:
        assert (read.labels.labelled, read.labels.contradictory, read.labels.notes) == (3, 0, ())


def test_label_files_are_read_by_their_very_names(window: Window) -> None:
    made = rows(4)
    window.capture(event(row, identity=row["id"]) for row in made)
    (window.folder / "labels" / "a1.csv").write_text("as a pattern, the other file's name means this one")
    window.label(made, "a[1].csv")
    with opened(window) as read:
        assert (read.labels.labelled, read.labels.notes) == (4, ())


def test_lines_of_labels_are_read_by_their_files_very_names(window: Window) -> None:
    made = rows(4)
    window.capture(event(row, identity=row["id"]) for row in made)
    told = [{"request_id": row["id"], "value": 1} for row in made]
    (window.folder / "labels" / "a1.jsonl").write_text(json.dumps({**told[3], "value": 0}))
    window.label(told[:3], "a*.jsonl")
    window.label([], "x_$folder$")
    with opened(window, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert (read.labels.labelled, read.labels.contradictory) == (3, 0)


def test_label_files_without_rows_are_no_labels(window: Window) -> None:
    made = rows(4)
    window.capture(event(row) for row in made)
    window.label(made[:2])
    for name, content in (("b.csv", "id,at,who,y\n"), ("c.csv", ""), ("x_$folder$", "")):
        (window.folder / "labels" / name).write_text(content)
        window.labels.append(name)
    with opened(window) as read:
        assert (read.labels.labelled, read.labels.notes) == (2, ())


def test_a_column_that_labels_have_twice_is_not_compared(window: Window) -> None:
    made = rows(4)
    window.capture(event(row) for row in made)
    lines = [f"{row['id']},{row['y']},{row['amount']},9" for row in made]
    (window.folder / "labels" / "a.csv").write_text("\n".join(["id,y,amount,amount", *lines]))
    window.labels.append("a.csv")
    with opened(window) as read:
        assert read.labels.labelled == 4
        assert "amount" not in (read.labels.offline or {})


def test_labels_are_written_as_the_datasets_files_are(window: Window) -> None:
    made = rows(4)
    window.capture(event(row) for row in made)
    lines = [f"{row['who']};{datetime.fromisoformat(row['at']):%d.%m.%Y %H:%M:%S};{row['y']}" for row in made]
    (window.folder / "labels" / "a.csv").write_text("\n".join(["who;at;y", *lines]))
    window.labels.append("a.csv")
    written = {"csv": {"delimiter": ";", "timestamp_format": "%d.%m.%Y %H:%M:%S"}}
    with opened(window, dataset=written, labels={"by": "entity_and_time", "format": "csv"}) as read:
        assert (read.labels.labelled, read.labels.notes) == (4, ())


def test_by_entity_and_time(window: Window) -> None:
    made = rows(6)
    window.capture(
        event({name: value for name, value in row.items() if name != "id"} | {"id": "x"}) for row in made
    )
    window.label(made)
    with opened(window, labels={"by": "entity_and_time", "format": "csv"}) as read:
        found = read.query(f"SELECT {ENTITY}, {LABEL} FROM judged ORDER BY {EVENT_TIME}")
    assert found == [(row["who"], row["y"]) for row in made]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1.0, 1.0),
        (0, 0.0),
        (True, 1.0),
        (False, 0.0),
        ("1", 1.0),
        (2, 0.0),
        (None, None),
        ([1], None),
        ("x", None),
    ],
)
def test_by_inference_id(window: Window, value: Any, label: float | None) -> None:
    window.capture([event(rows(1)[0], identity="mine")])
    window.label([{"request_id": "mine", "value": value}, {"request_id": "other", "value": 1}], "a.jsonl")
    with opened(window, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert read.query(f"SELECT {LABEL} FROM judged") == [(label,)]
        assert read.labels.unreadable == (label is None)


def test_each_row_of_a_request_has_its_own_id(window: Window) -> None:
    made = rows(3)
    window.capture([event(made, identity="call")])
    window.label([{"request_id": f"call#{place}", "value": place % 2} for place in range(3)], "a.jsonl")
    with opened(window, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert known(read) == {made[0]["id"]: 0.0, made[1]["id"]: 1.0, made[2]["id"]: 0.0}


def test_delay_where_labels_say_when(window: Window) -> None:
    made = rows(3)
    window.capture(event(row, identity=row["id"]) for row in made)
    told = [{"request_id": row["id"], "value": 1, "at": "2024-03-02T00:00:00Z"} for row in made[:1]]
    window.label([*told, {"request_id": made[1]["id"], "value": 1}], "a.jsonl")
    with opened(window, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert read.labels.delay_seconds == {"p50": 86400.0, "p95": 86400.0}


def test_half_written_lines_of_labels(window: Window) -> None:
    window.capture([event(rows(1)[0], identity="mine")])
    window.label([{"request_id": "mine", "value": 1}], "a.jsonl")
    path = window.folder / "labels" / "a.jsonl"
    path.write_text(path.read_text() + '{"request_id": "oth')
    with opened(window, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert (read.labels.labelled, read.labels.unreadable) == (1, 1)


def test_labels_of_text(window: Window) -> None:
    made = rows(2)
    dataset = {"label": "kind", "positive": "a", "features": ["amount"], "known_after": []}
    window.capture(event(row, identity=row["id"]) for row in made)
    window.label(
        [{"request_id": made[0]["id"], "value": "a"}, {"request_id": made[1]["id"], "value": "b"}], "a.jsonl"
    )
    with opened(window, dataset=dataset, labels={"by": "inference_id", "format": "jsonlines"}) as read:
        assert known(read) == {made[0]["id"]: 1.0, made[1]["id"]: 0.0}


def test_rows_that_cannot_be_joined_are_told(window: Window) -> None:
    window.capture(
        event({k: v for k, v in row.items() if k not in ("id",)} | {"id": None}) for row in rows(2)
    )
    window.label(rows(2))
    with opened(window) as read:
        assert read.labels.labelled == 0
        assert read.labels.notes[0].startswith("No served row has what labels are joined by (row_key):")


def test_files_of_labels_that_cannot_be_read_are_told(window: Window) -> None:
    made = rows(2)
    window.capture(event(row) for row in made)
    window.label(made)
    (window.folder / "labels" / "bad.csv").write_text("id,amount\nr,1\n")
    window.labels.append("bad.csv")
    with opened(window) as read:
        assert read.labels.labelled == 2
        assert read.labels.notes == ("Labels: bad.csv has no column 'y'; it has id, amount.",)


def test_what_full_rows_know_comes_with_them(window: Window) -> None:
    made = rows(3)
    window.capture(event(row) for row in made)
    window.label(made)
    with opened(window, segments=["after"]) as read:
        assert set(read.labels.offline or {}) >= {"amount", "count", "kind", "flag", "after"}
        place = (read.labels.offline or {})["amount"]
        assert read.query(f"SELECT count(*) FROM judged WHERE {place} IS DISTINCT FROM amount") == [(0,)]


def test_rows_of_labels_that_come_again_are_known_as_far_as_they_agree(window: Window) -> None:
    made = [{**row, "amount": None if number == 3 else row["amount"]} for number, row in enumerate(rows(6))]
    window.capture(event(row) for row in made)
    window.label(made)
    other = {**made[0], "kind": "other"}, {**made[1], "amount": None}, {**made[2], "y": 1 - made[2]["y"]}
    window.label([*other, *made[3:5]], "again.csv")
    with opened(window) as read:
        known_offline = {key for (key,) in read.query(f"SELECT {ROW_KEY} FROM judged WHERE {KNOWN}")}
        assert known_offline == {row["id"] for row in made[3:]}
        place = (read.labels.offline or {})["kind"]
        told = dict(read.query(f"SELECT {ROW_KEY}, {place} FROM judged WHERE {place} IS NOT NULL"))
        assert told == {row["id"]: row["kind"] for row in made[3:]}
        found = read.labels
    assert (found.labelled, found.duplicates, found.contradictory) == (5, 4, 1)
    assert found.notes[0].startswith(
        "2 rows of 2 ids have labels whose other columns do not agree: not compared"
    )


def test_labels_that_were_replaced(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    window.capture([event(rows(1)[0])])
    window.label(rows(1))
    entry = {**window.entry("labels.csv"), "size": 1}
    monkeypatch.setattr(window, "entry", lambda name: entry)
    with pytest.raises(InputError, match=r"labels.csv has \d+ bytes, planned were 1"), opened(window):
        raise AssertionError("read labels that are not those that were planned")


def test_labels_of_which_none_matches_are_told_in_the_summary_and_on_the_page(served: Window) -> None:
    served.labels.clear()
    served.label(rows(20, seed=5), "others.csv")
    run(served.plan(), served.folders())
    accuracy, notes = (served.output("summary.json")[name] for name in ("accuracy", "notes"))
    assert (accuracy["labelled"], accuracy["worse"]) == (0, None)
    (said,) = [note for note in notes if "No label is about a row" in note]
    page = (served.folder / "out/monitoring/report.html").read_text()
    assert "No label is about a row" in page and "r5-0" in said


CLASSES: dict[str, Any] = {
    "columns": {**DATASET["columns"], "y": "category"},
    "task": "multiclass",
    "classes": ["1", "0", "b"],
}


def of_classes(row: Mapping[str, Any]) -> str:
    answer = {"score": 0.5, "probabilities": {"1": 0.3, "0": 0.5, "b": 0.2}, "version": 7}
    return event(row, answers=[json.dumps(answer)])


def test_labels_of_classes_become_their_numbers(window: Window) -> None:
    made = rows(6)
    window.capture(of_classes(row) for row in made)
    values = ["1", "0", "1.0", "b", "new", ""]
    window.label([{**row, "y": value} for row, value in zip(made, values, strict=True)])
    with opened(window, dataset=CLASSES) as read:
        assert known(read) == {row["id"]: number for row, number in zip(made, [0, 1, 0, 2], strict=False)}
        assert read.query(f"SELECT DISTINCT {ANSWER} FROM judged") == [([0.3, 0.5, 0.2],)]
        (note,) = [note for note in read.labels.notes if "'new'" in note]
        assert "left out of accuracy" in note


def test_labels_of_classes_by_inference_id(window: Window) -> None:
    made = rows(5)
    window.capture(
        event(row, identity=row["id"], answers=['{"score": [0.3, 0.5, 0.2], "version": 7}']) for row in made
    )
    values = [1, "0", 1.0, "B", True]
    window.label(
        ({"request_id": row["id"], "value": value} for row, value in zip(made, values, strict=True)),
        "labels.jsonl",
    )
    labels = {"by": "inference_id", "format": "jsonl"}
    with opened(window, dataset=CLASSES, labels=labels) as read:
        assert known(read) == {row["id"]: number for row, number in zip(made, [0, 1, 0], strict=False)}
        assert any("'B'" in note and "left out of accuracy" in note for note in read.labels.notes)
