"""Labels that do not agree, counted by the rows that they concern."""

from jobs.monitoring.disagreement import disagreement
from jobs.names import KEY, ROW_KEY
from tests.jobs.monitoring.windows import Window, event, opened, rows


def test_rows_and_ids_are_counted_of_the_judged_version_alone(window: Window) -> None:
    made = rows(4)
    window.capture(
        [event(made[0], version=8), *(event(row, number=place) for row in made[1:] for place in range(3))]
    )
    with opened(window) as read:
        read.connection.execute("CREATE TEMP TABLE key_labels (contradicts BOOLEAN, agrees BOOLEAN)")
        read.connection.execute(f"ALTER TABLE key_labels ADD COLUMN {KEY} VARCHAR")
        for place, (contradicts, agrees) in enumerate(
            [(True, True), (True, True), (False, False), (False, True)]
        ):
            read.connection.execute(
                "INSERT INTO key_labels VALUES (?, ?, ?)", [contradicts, agrees, made[place]["id"]]
            )
        found, notes = disagreement(
            read.connection, read.settings, ROW_KEY, contradicts="contradicts", agrees="agrees"
        )
    assert found == 3
    assert [note[:14] for note in notes] == ["3 rows of 1 id", "3 rows of 1 id"]
