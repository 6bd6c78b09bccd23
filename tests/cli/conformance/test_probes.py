"""Each probe is answered as recorded, and reports it when the behaviour that it asks for is altered."""

from __future__ import annotations

import pytest

from mdlc_cli.conformance import asking
from mdlc_cli.conformance.probe import Probe
from mdlc_cli.conformance.probes import PROBES
from tests.cli.conformance.alterations import ALTERATIONS
from tests.cli.conformance.conftest import Altered

pytestmark = pytest.mark.slow

RECORDED = asking.expected()


def test_there_is_a_record_and_an_alteration_for_each_probe_and_no_other() -> None:
    names = [probe.id for probe in PROBES]
    assert sorted(names) == sorted(RECORDED)
    assert sorted(name for name in names if not name.startswith("states-of-")) == sorted(ALTERATIONS)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_a_probe_agrees_with_the_record_and_reports_an_altered_behaviour(
    probe: Probe, altered: Altered
) -> None:
    answered = asking.asked(probe, altered.bench, RECORDED[probe.id])
    assert (answered.result, answered.reason, answered.differences) == (asking.AGREES, "", {})
    altered.alter(probe.id)
    try:
        other = asking.asked(probe, altered.bench, RECORDED[probe.id])
    finally:
        altered.alter("")
    assert (other.result, other.reason) == (asking.DIFFERS, "")
