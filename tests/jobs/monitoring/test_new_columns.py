import json

import duckdb

from jobs.commands.monitor import run
from jobs.monitoring.new_columns import MAX_NAMED, in_headers, note
from tests.jobs.monitoring.test_published import publish
from tests.jobs.monitoring.windows import Window, event, opened, rows


def test_a_new_column_of_requests_leaves_a_note(served: Window) -> None:
    served.captured.clear()
    made = [{**row, "income": 3, "y_hat": None} for row in rows(300)]
    served.capture([event(row) for row in made[:200]] + [event(row) for row in rows(300)[200:]], "new.jsonl")
    run(served.plan(), served.folders())
    (said,) = [one for one in served.output("summary.json")["notes"] if "income" in one]
    assert said.startswith(
        "New columns that the data set does not declare, in up to 200 rows: 'income', 'y_hat'."
    )
    page = (served.folder / "out/monitoring/report.html").read_text()
    assert "New columns that the data set does not declare" in page


def test_columns_that_are_declared_are_not_new(window: Window) -> None:
    window.capture(event({**row, "after": 1}) for row in rows(5))
    with opened(window) as read:
        assert read.served.notes == ()


def test_a_caller_decides_neither_the_length_of_the_note_nor_its_markup(served: Window) -> None:
    served.captured.clear()
    row = {**rows(1)[0], **{f"c{place:05d}": 1 for place in range(500)}, "<b>" * 500: 1}
    served.capture([event(row)], "hostile.jsonl")
    run(served.plan(), served.folders())
    (said,) = [one for one in served.output("summary.json")["notes"] if "New columns" in one]
    assert len(said) < 1000 and f"and {501 - MAX_NAMED} more" in said
    assert "<b>" not in (served.folder / "out/monitoring/report.html").read_text()


def test_a_new_column_of_a_batch_leaves_a_note(window: Window) -> None:
    made = rows(60)
    entry = publish(window, made)
    path = window.folder / "raw" / entry["raw"][0]
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},income", *(f"{line},7" for line in lines)]) + "\n")
    run(window.plan(kind="batch", published=[entry]), window.folders())
    notes = window.output("summary.json")["notes"]
    assert any("in up to 1 file: 'income'." in said for said in notes)


def test_headers_and_notes() -> None:
    assert in_headers([("a", "x"), ("a", "x", "y")], ["a"]) == {"x": 2, "y": 1}
    assert note({}, "row") == []


def test_keys_are_those_of_json(window: Window) -> None:
    with duckdb.connect() as connection:
        ((keys,),) = connection.execute("SELECT json_keys(?)", [json.dumps({'a"b': 1, "ü": 2})]).fetchall()
    assert set(keys) == {'a"b', "ü"}
