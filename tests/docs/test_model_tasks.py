"""The page on tasks says what the code does: its tables, numbers and names."""

import re
from pathlib import Path
from typing import Any

from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.group_rules import MAX_GRADE
from jobs.metrics.cluster import SAMPLE
from jobs.predictions import load_answers
from mdlc_constructs import Dataset
from mdlc_constructs.settings.payloads.tasks import TASKS
from mdlc_constructs.settings.task_steps import runs
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.training.machine import train
from mdlc_constructs.workflows.training.settings import TrainingSettings
from scripts.write_tables import TASK_PAGE, task_tables, written
from tests.docs.markdown import blocks, prose

MONITORING_PAGE = TASK_PAGE.with_name("monitoring.md")
TEXT = " ".join(prose(TASK_PAGE).split())


def test_the_tables_are_those_of_the_code() -> None:
    text = TASK_PAGE.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"
    assert all(table in text for table in task_tables().values())


def test_the_step_that_refuses_nothing_is_told() -> None:
    """A monitor of a task without an estimate runs; so the page does not promise a refusal."""
    searches = Dataset.csv(
        "s3://my-data/searches/",
        task="ranking",
        label="grade",
        group="search",
        timestamp="at",
        row_key=("id",),
        columns={"price": "number"},
    )
    MonitoringSettings(model="searches", kind="batch", dataset=searches)
    assert runs("estimate", "ranking") == "no"
    assert "the monitor makes none and `estimate` of its summary is null" in TEXT


def test_the_monitors_page_has_a_row_for_every_task_that_it_watches() -> None:
    (table,) = re.findall(r"### What differs by task\n\n((?:\|.*\n)+)", MONITORING_PAGE.read_text())
    rows = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    assert sorted(rows) == sorted(task for task in TASKS if runs("drift", task) == "yes")


def test_answers_that_the_page_calls_the_same_are_read_the_same(tmp_path: Path) -> None:
    shape = AnswerShape(task="multiclass", names=("a", "b", "c"))
    section = TASK_PAGE.read_text().split("## Answers of several classes")[1].split("## ")[0]
    answers = [text.replace("\n", " ") for text in re.findall(r"`([^`]*0\.7[^`]*)`", section)]
    assert len(answers) == 4
    path = tmp_path / "answers.out"
    path.write_text("\n".join(answers))
    with connect() as (connection, _):
        load_answers(connection, path, "answers", shape)
        assert connection.execute("SELECT DISTINCT answer FROM answers").fetchall() == [([0.1, 0.7, 0.2],)]


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
