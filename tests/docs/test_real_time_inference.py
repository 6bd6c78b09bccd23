"""The page on real-time inference says what the code does: its tables, states, numbers and names."""

import ast
import re
from datetime import timedelta

import pytest

from lambdas.functions.decide import record, steps
from lambdas.planning.errors import PlanningError
from lambdas.probing.errors import ProbeError
from mdlc_constructs import Decisions, Fallback, Probes, RollbackAlarms, Serving
from mdlc_constructs.asl.states import NestedMachine
from mdlc_constructs.settings.probes import CONFIDENCE
from mdlc_constructs.settings.rollback_alarms import MAX_ALARMS
from mdlc_constructs.tasks.deployment import PROVISIONING
from mdlc_constructs.workflows.decision.machine import FAILED
from mdlc_constructs.workflows.real_time_inference.endpoint_wait import MAX_SILENCE_SECONDS
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from scripts.draw_workflows import releases
from scripts.write_tables import DOCUMENT, tables, written
from tests.docs.markdown import ROOT, blocks, prose

TEXT = prose(DOCUMENT)


def test_the_tables_are_those_of_the_code() -> None:
    text = DOCUMENT.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_table_is_in_the_document(name: str) -> None:
    assert tables()[name] in DOCUMENT.read_text()


def test_the_first_program_is_about_ten_lines() -> None:
    first, *_ = blocks(DOCUMENT, "python")
    assert len(ast.parse(first).body) <= 12


def _names(machine: NestedMachine) -> set[str]:
    inner = (_names(branch) for state in machine.states for branch in state.machines())
    return {state.name for state in machine.states}.union(*inner)


def test_every_state_of_a_release_is_explained() -> None:
    section = TEXT.partition("## What happens on a release")[2].partition("## How traffic shifts")[0]
    outer = {state.name for state in release_machine(releases()).states}
    assert {name for name in outer if f"`{name}`" not in section} == set()


def test_no_state_is_named_that_is_not_there() -> None:
    section = TEXT.partition("## What happens on a release")[2].partition("## How traffic shifts")[0]
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", section))
    errors = {"GoldenRefused", "EndpointFailed", "RolledBack", "InService"}
    assert named - _names(release_machine(releases())) == errors


@pytest.mark.parametrize(
    "sentence",
    [
        f"of {['no', 'one', 'two'][Serving().instances]} `{Serving().instance_type}`",
        f"The default ({Probes().tolerance:g}) suits",
        f"with {CONFIDENCE:.1%} probability".replace("%", " %"),
        f"at most {'ten' if MAX_ALARMS == 10 else MAX_ALARMS};",
        f"up to {MAX_SILENCE_SECONDS // 60} minutes later",
        f"that {['no', 'one', 'two'][PROVISIONING.seconds // 3600]} hours are enough",
        f"`{FAILED}`",
        *(f"`{spec.key}` counts" for spec in RollbackAlarms(server_errors=None).specs()),
    ],
)
def test_numbers_and_names_are_those_of_the_code(sentence: str) -> None:
    assert sentence in " ".join(TEXT.split())


def test_the_age_of_rules_is_said() -> None:
    plain = Decisions(decisions=("wait",), fallback=Fallback(decision="wait"), columns={"a": "number"})
    assert plain.rules_age == timedelta(seconds=10)
    assert "after `rules_age` (ten seconds)" in TEXT


@pytest.mark.parametrize(
    "reason",
    [
        steps.ENDPOINT_TIMEOUT,
        steps.ENDPOINT_DOWN,
        steps.ROW_REFUSED,
        steps.ANSWER_UNREADABLE,
        steps.RULES_MISSING,
        record.PENDING,
    ],
)
def test_every_reason_of_a_fallback_is_explained(reason: str) -> None:
    assert f"`{reason}`" in TEXT.partition("## When something goes wrong")[2]


def test_errors_that_are_named_exist() -> None:
    section = TEXT.partition("## When something goes wrong")[2].partition("## Permissions")[0]
    raised = {error.__name__ for base in (PlanningError, ProbeError) for error in base.__subclasses__()}
    named = {"NoGolden", "EndpointBroken", "ChampionSilent", "NothingToAsk"}
    assert named <= raised
    assert {name for name in named if f"`{name}`" not in section} == set()


def test_verdicts_on_trials_that_are_named_exist() -> None:
    section = TEXT.partition("## Trying a version beside the champion")[2].partition("## Capacity")[0]
    named = set(re.findall(r"`((?:Trial|Shadow|Too|No|Challenger|Experiment)[A-Z]\w+)`", section))
    code = "".join(
        (ROOT / path).read_text()
        for path in (
            "lambdas/functions/judge_experiment/ab.py",
            "lambdas/functions/judge_experiment/shadow.py",
            "lambdas/planning/errors.py",
            "mdlc_constructs/workflows/real_time_inference/experiments.py",
        )
    )
    assert len(named) >= 7
    assert {name for name in named if not re.search(rf"[\"\s]{name}[\"(]", code)} == set()
