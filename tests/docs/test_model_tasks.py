"""The page on tasks says what the code does: its tables, numbers and names."""

from jobs.group_rules import MAX_GRADE
from jobs.metrics.cluster import SAMPLE
from mdlc_constructs.settings.payloads.tasks import TASKS
from scripts.write_tables import TASK_PAGE, task_tables, written
from tests.docs.markdown import prose

TEXT = " ".join(prose(TASK_PAGE).split())


def test_the_tables_are_those_of_the_code() -> None:
    text = TASK_PAGE.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"
    assert all(table in text for table in task_tables().values())


def test_every_task_is_told_with_its_answer() -> None:
    for task in TASKS.values():
        assert f'`"{task.name}"`' in TEXT
        assert task.meaning in TEXT


def test_numbers_are_those_of_the_code() -> None:
    assert f"from 0 to {MAX_GRADE}" in TEXT
    assert f"a sample of {SAMPLE:,} rows" in TEXT
