"""The page on tasks says what the code does: its tables, numbers and names."""

from typing import Any

from jobs.group_rules import MAX_GRADE
from jobs.metrics.cluster import SAMPLE
from mdlc_constructs.settings.payloads.tasks import TASKS
from mdlc_constructs.workflows.training.machine import train
from mdlc_constructs.workflows.training.settings import TrainingSettings
from scripts.write_tables import TASK_PAGE, task_tables, written
from tests.docs.markdown import blocks, prose

TEXT = " ".join(prose(TASK_PAGE).split())


def test_the_tables_are_those_of_the_code() -> None:
    text = TASK_PAGE.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"
    assert all(table in text for table in task_tables().values())


def test_every_task_is_told_with_its_answer() -> None:
    for task in TASKS.values():
        assert f'`"{task.name}"`' in TEXT
        assert task.meaning in TEXT


def test_the_ranking_of_the_page_can_be_trained() -> None:
    names: dict[str, Any] = {}
    exec("".join(blocks(TASK_PAGE, "python")), names)
    settings = TrainingSettings(
        model="searches", dataset=names["searches"], algorithm=names["algorithm"], gate=names["gate"]
    )
    assert settings.split is not None
    assert settings.split.group == "search"
    request: Any = train(settings).to_asl()["Arguments"]
    channels = request["InputDataConfig"]
    assert {channel["ContentType"] for channel in channels} == {"text/libsvm"}


def test_numbers_are_those_of_the_code() -> None:
    assert f"from 0 to {MAX_GRADE}" in TEXT
    assert f"a sample of {SAMPLE:,} rows" in TEXT
