from dataclasses import replace

from jobs.monitoring.rows import UNREADABLE, asked_columns
from jobs.names import ENTITY, EVENT_TIME, INFERENCE_ID, ROW_KEY
from tests.jobs.monitoring.windows import PROGRAM, Window, event, opened, rows


def test_rows_with_their_keys(window: Window) -> None:
    window.capture([event(rows(2))])
    with opened(window) as read:
        found = read.query(
            f"SELECT {INFERENCE_ID}, {ROW_KEY}, {ENTITY}, {EVENT_TIME}::VARCHAR FROM served ORDER BY 1"
        )
    assert found[0] == ("event-r1-0-7-0#0", "r1-0", "w0", "2024-03-01 00:00:00")
    assert read.served.rows == 2


def test_rows_without_all_of_their_keys_have_none(window: Window) -> None:
    made = [{name: value for name, value in row.items() if name != "who"} for row in rows(2)]
    window.capture([event(made)])
    with opened(window, dataset={"row_key": ["id", "who"]}) as read:
        assert read.query(f"SELECT DISTINCT {ROW_KEY} FROM served") == [(None,)]


def test_each_event_counts_once(window: Window) -> None:
    made = rows(12)
    lines = [event(row) for row in made[:6]] + [event(made[6:9])]
    again = event(made[9], identity="mine", number=1)
    window.capture([*lines, event(made[9], identity="mine")], "a.jsonl")
    window.capture([*lines, again], "b.jsonl")
    window.capture([event(made[10], number=1), event(made[10], number=2)], "c.jsonl")
    with opened(window) as read:
        # Two events without an id of the caller's are two requests, however equal.
        assert (read.served.rows, read.served.duplicates) == (12, 10)
        assert read.served.notes == ("10 rows of events that came more than once are counted once.",)


def test_a_shadow_answers_the_same_event(window: Window) -> None:
    made = rows(10)
    window.capture(event(row) for row in made)
    window.capture([event(row, version=8).replace("-8-0", "-7-0") for row in made], "e/shadow/a.jsonl")
    with opened(window) as read:
        assert (read.served.rows, read.served.other_versions, read.served.duplicates) == (10, {"8": 10}, 0)


def test_what_is_unreadable_is_counted_by_its_fault(window: Window) -> None:
    made = rows(4)
    window.capture([event(made[0]), event(made[1])[:90], event(made[2], answers=["x"]), event(made[3])[:80]])
    with opened(window) as read:
        assert (read.served.unreadable, read.served.faults) == (3, {"broken": 2, "score": 1})
        assert set(read.served.faults) <= set(UNREADABLE)


def test_columns_that_nobody_sends(window: Window) -> None:
    made = [
        {name: value for name, value in row.items() if name != "who"} | {"count": None} for row in rows(5)
    ]
    window.capture(event(row) for row in made)
    with opened(window) as read:
        assert set(read.served.columns) - set(read.served.sent) == {"who"}


def test_what_is_read_of_a_row(window: Window) -> None:
    dataset = replace(window.plan().dataset, columns={**window.plan().dataset.columns, "home": "category"})
    asked = asked_columns(dataset, window.settings(segments=["after", "y"]), PROGRAM)
    assert list(asked) == ["id", "at", "who", "amount", "count", "kind", "flag"]
    settings = replace(window.settings(), protected=("home",))
    assert asked_columns(dataset, settings, PROGRAM)["home"] == "category"
