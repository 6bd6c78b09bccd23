from collections import Counter
from threading import Lock
from types import SimpleNamespace
from typing import cast

import pytest

from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.traffic import NoVariantError, Traffic


def fleet(name: str, *variants: str) -> Fleet:
    servers = {variant: SimpleNamespace(name=variant) for variant in variants}
    return cast(
        Fleet,
        SimpleNamespace(
            config_name=name, servers=servers, lock=Lock(), in_flight=0, choose=lambda: servers[variants[0]]
        ),
    )


def chosen(traffic: Traffic, target: str | None = None) -> str:
    with traffic.route(target) as (found, _):
        return found.config_name


def test_shares() -> None:
    traffic = Traffic()
    old, new = fleet("old", "A"), fleet("new", "A")
    traffic.share((old, 75), (new, 25))
    counted = Counter(chosen(traffic) for _ in range(2000))
    assert 400 < counted["new"] < 600
    traffic.share((old, 0), (new, 100))
    assert {chosen(traffic) for _ in range(100)} == {"new"}
    assert traffic.shares == {"new": 100}


def test_a_target_variant_finds_the_fleet_that_has_it() -> None:
    traffic = Traffic()
    traffic.share((fleet("old", "A"), 50), (fleet("new", "A", "B"), 50))
    assert {chosen(traffic, "B") for _ in range(50)} == {"new"}
    with pytest.raises(NoVariantError, match="C"):
        chosen(traffic, "C")


def test_nobody_answers() -> None:
    with pytest.raises(NoVariantError):
        chosen(Traffic())


def test_a_request_counts_until_it_is_answered_whatever_happens() -> None:
    traffic = Traffic()
    one = fleet("one", "A")
    traffic.share((one, 100))

    def breaks() -> None:
        with traffic.route(None):
            assert one.in_flight == 1
            traffic.share()
            raise OSError("broke")

    with pytest.raises(OSError, match="broke"):
        breaks()
    assert one.in_flight == 0
