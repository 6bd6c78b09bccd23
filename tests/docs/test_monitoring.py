"""The page on monitoring says what the code does: its tables, states, numbers and names."""

import ast
import re

import pytest

from lambdas.functions.plan_monitoring import captures, handler, logic, published, windows
from lambdas.planning import errors
from mdlc_constructs import Consistency, Labels
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from scripts.write_tables import MONITORING, monitoring_tables, written
from tests.docs.markdown import blocks, prose
from tests.workflows.settings import MONITORING as SETTINGS

TEXT = prose(MONITORING)
LABELS = Labels(uri="s3://bucket/x/")


def test_the_tables_are_those_of_the_code() -> None:
    text = MONITORING.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"
    assert all(table in text for table in monitoring_tables().values())


def test_the_first_program_is_about_ten_lines() -> None:
    first, *_ = blocks(MONITORING, "python")
    assert len(ast.parse(first).body) <= 12


def test_every_state_is_explained_and_no_other() -> None:
    section = TEXT.partition("## What happens")[2].partition("## Which version is judged")[0]
    ends = {"RecordFailure", "PublishFailure", "Failed", "NameTaken"}
    states = {state.name for state in monitoring_machine(SETTINGS).walk()}
    assert {name for name in states - ends if f"`{name}`" not in section} == set()
    assert set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", section)) <= states


@pytest.mark.parametrize(
    "sentence",
    [
        f"`Consistency.sample` captured requests ({Consistency().sample})",
        f"younger than `within` ({['', '', '', '', '', '', '', 'seven'][LABELS.within.days]} days)",
        f"less than `complete` of its rows ({LABELS.complete:g})",
        f"Until `delay` is over ({'a' if LABELS.delay.days == 1 else LABELS.delay.days} day)",
        f"`least_rows` labelled rows ({MonitoringSettings.least_rows})",
        f"at most {windows.MAX_WINDOWS} windows at a time and {handler.MAX_WINDOWS_BACK} windows back",
        f"than one start computes ({windows.MAX_WINDOWS}, or half",
        f"| {['', '', '', 'three'][logic.MAX_ATTEMPTS]} jobs fail at the same work of a window |",
        f"its window is computed anew, for {published.MAX_DELAY.days} days",
        f"`settling`, {MonitoringSettings.settling.seconds // 60} minutes",
        f"`{errors.NoBaseline.__name__}`",
    ],
)
def test_numbers_and_names_are_those_of_the_code(sentence: str) -> None:
    assert sentence in " ".join(TEXT.split())


def test_the_decision_names_the_planners_numbers() -> None:
    record = next((MONITORING.parent / "decisions").glob("0015-*.md")).read_text()
    assert captures.MAX_FILES_READ == 5 and "looks into five capture files" in " ".join(record.split())
    assert f"{handler.MAX_WINDOWS_BACK} windows back" in " ".join(record.split())
