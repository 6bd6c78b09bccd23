"""The page on conformance says what the probes say."""

from pathlib import Path

from mdlc_cli.conformance.probe import GROUPS
from mdlc_cli.conformance.probes import PROBES
from scripts.write_tables import CONFORMANCE_PAGE, conformance_tables, written


def test_the_table_is_that_of_the_probes() -> None:
    text = CONFORMANCE_PAGE.read_text()
    assert written(text) == text, "stale: run `python scripts/write_tables.py`"
    assert conformance_tables()["beliefs"] in text


def test_each_probe_stands_on_a_page_and_is_relied_on_in_another() -> None:
    for probe in PROBES:
        assert probe.source.startswith("https://"), probe.id
        assert Path(CONFORMANCE_PAGE.parent, probe.page).is_file(), probe.id
        assert probe.belief.endswith("."), probe.id
        assert probe.group in GROUPS, probe.id


def test_the_minutes_of_the_groups_are_those_of_the_probes() -> None:
    text = CONFORMANCE_PAGE.read_text()
    for group in GROUPS[1:]:
        minutes = sum(sum(probe.instance_minutes.values()) for probe in PROBES if probe.group == group)
        assert f"about {minutes} minutes" in text, group
