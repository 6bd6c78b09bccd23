"""The journey from an empty folder to an answer, with a fake of the commands."""

from pathlib import Path

import pytest

from benchmarks.own_containers import LANGUAGES, PAGE, STEPS, Journey, program, table, travel


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_journey_runs_every_command_and_ends_the_local_aws(language: str, tmp_path: Path) -> None:
    given: list[tuple[str, ...]] = []

    def run(arguments: tuple[str, ...], folder: Path) -> str:
        given.append(arguments)
        assert folder == tmp_path
        return "score    370.25\nversion  1\n" if arguments[0] == "ask" else ""

    journey = travel(language, tmp_path, run)
    assert given[0] == ("container", language, "model") and given[-1] == ("local", "down")
    assert len(given) == len(STEPS) + 1 and journey.score == 370.25
    assert set(journey.seconds) == set(STEPS) and journey.total == sum(journey.seconds.values())
    assert f"CustomContainer.{language}(" in (tmp_path / "app.py").read_text()
    assert (tmp_path / "flats.csv").read_text().splitlines()[1] == "67,3,322"


def test_the_page_has_the_program() -> None:
    compile(program(PAGE.read_text(), "r"), "app.py", "exec")


def test_a_table_has_each_step_and_the_ratio() -> None:
    python, r = (Journey(seconds=dict.fromkeys(STEPS, seconds)) for seconds in (1.0, 2.0))
    lines = table({"python": python, "r": r}).splitlines()
    assert lines[2] == "| folder | 1.0 | 2.0 | 2.00 |"
    assert lines[-1] == f"| **total** | {len(STEPS):.1f} | {2 * len(STEPS):.1f} | 2.00 |"
