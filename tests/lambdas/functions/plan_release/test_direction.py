"""Ways forward and back, and approvals that lead nowhere."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.aws.packages import Package
from lambdas.functions.plan_release.logic import Golden
from tests.lambdas.functions.plan_release.test_logic import CHAMPION, CONFIG, PACKAGE, READY, live, plan

FORWARD = {"package_version": 2, "forward_only": True}
NEWER = {"version": 3, "package_arn": "arn:p/3"}


@pytest.mark.parametrize(
    ("champion", "status", "outcome"),
    [
        ({"version": 3, "package_arn": "arn:p/3"}, "Approved", ("Done", "Superseded")),
        ({"version": 1, "package_arn": "arn:p/1"}, "Rejected", ("Done", "Superseded")),
        ({"version": 1, "package_arn": "arn:p/1"}, "Approved", ("CreateModel", "Unchanged")),
        (None, "Approved", ("CreateModel", "Unchanged")),
    ],
)
def test_an_approval_that_comes_late_leads_nowhere_back(
    champion: Any, status: str, outcome: tuple[str, str]
) -> None:
    package = Package(**{**vars(PACKAGE), "status": status})
    made = plan(given=FORWARD, champion=champion, package=package, endpoint=live())
    assert (made["step"], made["outcome"]) == outcome


@pytest.mark.parametrize(
    ("given", "champion", "outcome"),
    [
        (FORWARD, {"version": 1, "package_arn": "arn:p/1"}, "Superseded"),
        ({"package_version": 2}, {"version": 1, "package_arn": "arn:p/1"}, "Unchanged"),
        (FORWARD, {"version": 2, "package_arn": PACKAGE.arn}, "Unchanged"),
    ],
    ids=["its approval is spent", "by hand", "it serves"],
)
def test_what_a_person_went_back_from_comes_back_by_hand_alone(
    given: dict[str, Any], champion: Any, outcome: str
) -> None:
    made = plan(given=given, champion=champion, package=replace(PACKAGE, served=True), endpoint=live())
    assert made["outcome"] == outcome


def test_a_way_back_is_held_to_nothing_that_it_leaves() -> None:
    served = replace(PACKAGE, served=True)
    made = plan(READY, endpoint=live(), champion=NEWER, package=served, golden_files=Golden())
    assert (made["back"], made["golden_checks"], made["rejectable"]) == (True, "served before", False)
    assert not {"ScoreGolden", "CheckGolden"} & made["names"].keys()
    assert made["step"] == "Deploy"
    assert made["names"]["CreateConfig"] == CONFIG, "the configuration of its first release"


@pytest.mark.parametrize(
    ("package", "champion"),
    [
        (PACKAGE, NEWER),
        (replace(PACKAGE, served=True), {"version": 1, "package_arn": "arn:p/1"}),
        (replace(PACKAGE, served=True), None),
        (replace(PACKAGE, served=True), CHAMPION),
    ],
    ids=["never served", "forward again", "first", "the champion itself"],
)
def test_what_is_no_way_back_is_asked_as_any_other(package: Package, champion: Any) -> None:
    made = plan(endpoint=live(), champion=champion, package=package)
    assert (made["back"], made["golden_checks"]) == (False, "passed")
    assert made["names"]["ScoreGolden"]
