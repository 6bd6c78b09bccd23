import pytest

from mdlc_cli.conformance import prices
from mdlc_cli.conformance.probe import ENDPOINTS, QUICK
from mdlc_cli.conformance.probes import PROBES


def test_what_starts_no_instance_costs_the_same_everywhere() -> None:
    estimate = prices.estimate([probe for probe in PROBES if probe.group == QUICK], "eu-west-3")
    assert estimate.dollars == prices.REQUEST_DOLLARS
    assert "about $0.05" in estimate.sentence("eu-west-3")


@pytest.mark.parametrize(("region", "known"), [("us-east-1", True), ("eu-west-3", False)])
def test_a_price_that_is_not_known_is_said_to_be_so(region: str, known: bool) -> None:
    probes = [probe for probe in PROBES if probe.group == ENDPOINTS]
    estimate = prices.estimate(probes, region)
    assert (estimate.dollars is not None) == known
    assert ("is not known here" in estimate.sentence(region)) != known
    minutes = sum(minutes for probe in probes for minutes in probe.instance_minutes.values())
    if estimate.dollars is not None:
        hourly = prices.HOURLY_DOLLARS["ml.m5.large"]
        assert estimate.dollars == pytest.approx(prices.REQUEST_DOLLARS + minutes / 60 * hourly, abs=0.01)
