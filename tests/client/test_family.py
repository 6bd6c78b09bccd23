from __future__ import annotations

import json

from mdlc_client import audit, family
from tests.cli.life import CLOCK, DRIFT, LIFE, STANDING, execution, package, trained

PACKAGES = list(STANDING.values())


def found() -> dict[int, family.Version]:
    return {one.version: one for one in family.of("churn", LIFE, PACKAGES).versions}


def test_versions_have_what_led_to_them_and_how_they_stand() -> None:
    versions = found()
    assert list(versions) == [1, 2, 3, 4]
    assert versions[2].triggers == (DRIFT, CLOCK)
    assert (versions[2].data_version, versions[2].metrics) == ("data-2026-02-03", {"auc": 0.72})
    assert [one.verdict for one in versions.values()] == ["approved", "approved", "rejected", "rejected"]
    assert versions[4].why.startswith("The gate refused")


def test_each_came_up_against_the_champion_of_its_time() -> None:
    versions = found()
    assert [one.parent for one in versions.values()] == [None, 1, 2, 2]
    assert [one.beat for one in versions.values()] == [True, True, False, False]


def test_a_threshold_that_was_missed_is_no_defeat_by_the_champion() -> None:
    refused = trained("2026-03-04", 5, "Refused", reasons="auc 0.6000 fails: asked was at least 0.7.")
    *_, last = family.of("churn", [*LIFE, refused], []).versions
    assert (last.verdict, last.parent, last.beat) == ("rejected", 2, None)


def test_a_challenger_that_its_retraining_lost_is_rejected_without_a_registry() -> None:
    lost = execution(
        "retraining", "2026-03-03", "Lost", training_execution="arn:training-2026-03-03", reasons="no win"
    )
    *_, last = family.of("churn", [*LIFE, lost], []).versions
    assert (last.version, last.verdict, last.why, last.beat) == (4, "rejected", "no win", False)


def test_reigns_follow_releases_forth_and_back() -> None:
    back = execution("release", "2026-03-09", version=1, replaced="2")
    told = [(one.version, one.start[:10], one.end[:10]) for one in family.champion_periods([*LIFE, back])]
    assert told == [(1, "2026-01-02", "2026-02-04"), (2, "2026-02-04", "2026-03-09"), (1, "2026-03-09", "")]
    versions = {one.version: one for one in family.of("churn", [*LIFE, back], PACKAGES).versions}
    assert (versions[1].is_champion, versions[2].is_champion, len(versions[1].champion_periods)) == (
        True,
        False,
        2,
    )


def test_without_releases_batches_move_the_champion_forward_only() -> None:
    batches = [
        execution("batch-inference", day, version=version, manifest="m")
        for day, version in (("2026-01-01", 1), ("2026-01-02", 3), ("2026-01-03", 2), ("2026-01-04", 3))
    ]
    assert [(one.version, one.end[:10]) for one in family.champion_periods(batches)] == [
        (1, "2026-01-02"),
        (3, ""),
    ]


def test_who_was_sent_back_says_when_and_why() -> None:
    (back,) = found()[3].sent_back
    assert (back.at[:10], back.error) == ("2026-03-02", "RolledBack")


def test_retrainings_without_a_version_and_waiting_triggers_are_told() -> None:
    told = family.of("churn", LIFE, PACKAGES)
    (retrainings_without_version,) = told.retrainings_without_version
    assert (retrainings_without_version["outcome"], retrainings_without_version["triggers"]) == (
        "Unchanged",
        (CLOCK,),
    )
    assert [one["reason"] for one in told.waiting] == ["price drifted"]
    assert told.champion == 2


def test_a_version_that_the_registry_alone_knows_is_there() -> None:
    (only,) = family.of("churn", [], [package(7)]).versions
    assert (only.version, only.verdict, only.data_version, only.parent) == (7, "approved", "d", None)


def test_everything_is_json() -> None:
    text = json.dumps(family.of("churn", LIFE, PACKAGES).to_json(), default=audit.plain)
    assert json.loads(text)["versions"][1]["champion_periods"][0]["by"] == "arn:release-2026-02-04"
