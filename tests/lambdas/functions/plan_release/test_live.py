"""How a live endpoint stands to a release."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.aws.endpoints import LiveEndpoint
from lambdas.functions.plan_release.live import check_live, endpoint_state, lacks_scaling, must_deregister
from lambdas.planning.errors import EndpointBroken, VariantsChanged
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.release import EndpointSettings
from tests.lambdas.functions.plan_release.test_logic import CONFIG, SERVING, live

SETTINGS = decode(EndpointSettings, SERVING)


@pytest.mark.parametrize(
    ("endpoint", "stands"),
    [
        (None, "Absent"),
        (live(), "Other"),
        (live(CONFIG), "Serving"),
        (live(CONFIG, "Creating"), "Deploying"),
        (live(status="Updating", pending=CONFIG), "Deploying"),
        (live(CONFIG, "Updating", pending="m-config-next"), "Other"),
        (live(CONFIG, "RollingBack"), "Other"),
    ],
)
def test_how_the_endpoint_stands(endpoint: LiveEndpoint | None, stands: str) -> None:
    assert endpoint_state(endpoint, CONFIG) == stands


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("Failed", "delete it"),
        ("OutOfService", "delete it"),
        # It still answers: deleting it would be an outage.
        ("UpdateRollbackFailed", "bring it back to m-config-old"),
    ],
)
def test_an_endpoint_that_no_update_helps_is_refused(status: str, remedy: str) -> None:
    with pytest.raises(EndpointBroken, match=f"The endpoint m is {status}.*{remedy}"):
        check_live(live(status=status), SETTINGS)


def test_variants_keep_their_names() -> None:
    with pytest.raises(VariantsChanged, match=r"variants \['blue'\], the settings name 'main'"):
        check_live(live(variants={"blue": "ml.m5.large"}), SETTINGS)


@pytest.mark.parametrize(
    ("endpoint", "settings", "expected"),
    [
        (None, {}, False),
        (live(), {"instance_type": "ml.m5.xlarge"}, False),
        (live(registered=True), {}, False),
        (live(registered=True), {"instance_type": "ml.m5.xlarge"}, True),
        (live(registered=True), {"scaled": False}, True),
    ],
)
def test_scaling_ends_before_the_instance_type_changes(
    endpoint: LiveEndpoint | None, settings: dict[str, Any], expected: bool
) -> None:
    assert must_deregister(endpoint, replace(SETTINGS, **settings)) is expected


@pytest.mark.parametrize(
    ("endpoint", "settings", "expected"),
    [
        (live(), {}, True),
        (live(registered=True), {}, False),
        (live(), {"scaled": False}, False),
        (live(status="Updating"), {}, False),
        (None, {}, False),
    ],
)
def test_an_endpoint_in_service_without_its_scaling_is_noticed(
    endpoint: LiveEndpoint | None, settings: dict[str, Any], expected: bool
) -> None:
    assert lacks_scaling(endpoint, replace(SETTINGS, **settings)) is expected
