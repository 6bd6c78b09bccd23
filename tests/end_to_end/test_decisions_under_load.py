"""Decisions under constant load while versions come and go: a good one, and a broken one that is rolled back.

The broken version was trained on orders of which two of three shops report the opposite of what happened.
Nothing before traffic notices: it holds on its own holdout and beats the champion there, the recorded rows
are those of the third shop, its containers are healthy, and it answers 200 with scores from 0 to 1.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from statistics import mean
from typing import Any

import pytest

from mdlc_cli.audit import account
from mdlc_cli.predictions.searching import Search
from mdlc_client import audit, family, registered
from tests.end_to_end.aws import Aws
from tests.end_to_end.broken_release import BROKEN, CHECKS, GOOD, Aftermath, bounds
from tests.end_to_end.busy import OTHER_SHOPS, RECORDED_SHOP, UNWATCHED, WATCHED, Busy
from tests.end_to_end.chapters import chapters
from tests.end_to_end.load import EXPRESS, WARM, Api, api_of, constant_load
from tests.end_to_end.story import CALLERS, MIN_ROWS, Story, lived_through
from tests.end_to_end.team_decisions import ASKS_FROM, FALLBACK

pytestmark = chapters("busy", in_order=False)

REPEATED, TIMES = 100, 3
"""Requests that are sent several times at once, and how many times."""
SHOWN = ("decision", "score", "model_version", "rules_version", "fallback", "inference_id")
"""What both the answer and the record say."""


@pytest.fixture(scope="module")
def busy(aws: Aws) -> Iterator[Busy]:
    """The team with its first version in service."""
    team = Busy(aws)
    team.deploy()
    team.released(team.train(seed=21, rows=6000))
    team.record_golden()
    yield team
    aws.control("POST", "restore")


@pytest.fixture(scope="module")
def api(busy: Busy) -> Api:
    """The team's decision API, its functions started: a first start is slow, and not what is tested."""
    found = api_of(busy.aws, WATCHED)
    for path in (WARM, EXPRESS):
        first = [(f"warm-{path[-7:]}-{n}", busy.asked[n], path) for n in range(4 * CALLERS)]
        assert {one.status for one in found.together(first, CALLERS)} == {200}
    return found


@pytest.fixture(scope="module")
def story(busy: Busy, api: Api) -> Story:
    """The run that most of these tests look at."""
    return lived_through(busy, api)


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of what the caller was told."""
    found = {name: item[name] for name in SHOWN}
    return {**found, "score": json.loads(item["score"])}


def test_a_good_version_takes_over_step_by_step(story: Story) -> None:
    assert story.good is not None
    assert {"CheckGolden", "RecordAnswers", "UpdateEndpoint", "ProbeAnswers"} <= set(story.good.states)
    assert story.versions("canary") == {1, GOOD}
    order = sorted(story.during("canary"), key=lambda one: one.began)
    first = next(n for n, one in enumerate(order) if one.version == GOOD)
    assert first > 0, "the first version was never seen alone"
    assert {one.version for one in order[first:]} == {1, GOOD}, "nobody saw both beside each other"
    assert story.versions("good") == {GOOD}


def test_a_broken_version_is_seen_and_gone_again(story: Story) -> None:
    assert story.versions("broken") == {GOOD, BROKEN}
    assert story.versions("rolled back") == {GOOD}
    assert story.versions("back") == {GOOD}


def test_no_request_fails_or_is_lost_and_every_decision_is_recorded_once(story: Story, busy: Busy) -> None:
    sent, asked = story.load.sent, story.load.asked
    assert len(sent) == len(set(sent)) >= MIN_ROWS
    assert Counter(one.request_id for one in asked) == Counter(sent)
    assert Counter(one.status for one in asked) == {200: len(sent)}
    kept = busy.table("DecisionTableName")
    records = {id_: item for id_, item in kept.items() if id_.startswith("load-")}
    assert set(records) == set(sent)
    for one in asked:
        assert {name: one.answer[name] for name in SHOWN} == shown(records[one.request_id])
    assert {one.path for one in asked} == {WARM, EXPRESS}


def test_every_decision_to_ask_was_acted_on_once_and_no_other(story: Story, busy: Busy) -> None:
    wanted = {one.request_id for one in story.load.asked if one.answer["decision"] == "ask"}
    acted = {
        id_: int(item["calls"])
        for id_, item in busy.table("ActedTableName").items()
        if id_.startswith("load-")
    }
    assert acted == dict.fromkeys(wanted, 1)
    assert len(wanted) > 50


def test_only_the_outage_made_decisions_without_a_score(story: Story, busy: Busy) -> None:
    out = story.during("out")
    assert {one.path for one in out} == {WARM, EXPRESS}
    assert {(one.answer["decision"], one.answer["fallback"]) for one in out} == {(FALLBACK, "endpoint down")}
    assert {(one.answer["score"], one.version) for one in out} == {(None, None)}
    marked = [one for one in story.load.asked if one.answer["fallback"] is not None]
    edges = (story.moments["going out"], story.moments["back"])
    assert [one for one in marked if not edges[0] <= one.ended or not one.began <= edges[1]] == []
    for one in story.load.asked:
        if one.answer["fallback"] is None:
            assert one.answer["decision"] == ("ask" if one.answer["score"] >= ASKS_FROM else "ship")
    # Whoever warmed the functions up may have waited too long for an answer, and is counted too.
    recorded = {id_ for id_, item in busy.table("DecisionTableName").items() if item["fallback"] is not None}
    assert {id_ for id_ in recorded if id_.startswith("load-")} == {one.request_id for one in marked}
    assert busy.counted("FallbackDecisions", len(recorded)) == len(recorded)


def test_rules_that_cannot_be_used_replace_no_good_ones(story: Story, busy: Busy) -> None:
    def used(phase: str) -> set[str]:
        return {one.answer["rules_version"].partition("@")[0] for one in story.during(phase)}

    assert used("canary") == {"first"}
    assert used("good") == {"first", "second"}
    assert used("broken") == used("out") == {"second"}
    assert busy.counted("RulesRefused", 1) == 1


def test_the_broken_version_looked_well(story: Story) -> None:
    assert story.after is not None
    states = story.after.execution.states
    assert states.index("GoldenVerdict") < states.index("UpdateEndpoint")
    assert all(0 < one.answer["score"] < 1 for one in story.after.served)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_broken_version_is_sent_back(story: Story, check: Callable[[Aftermath], None]) -> None:
    assert story.after is not None
    check(story.after)


def test_both_had_the_canarys_share_and_the_broken_version_not_for_long(
    story: Story, record_testsuite_property: Callable[[str, object], None]
) -> None:
    assert story.after is not None
    broken, percent = story.after.meanwhile, WATCHED.canary / 100
    asked = [one for one in story.load.asked if one.version in (1, GOOD)]
    # Of the good version: from its first answer to the last of the version before, which are known to be so.
    moments = [min(one.began for one in asked if one.version == GOOD)]
    moments.append(max(one.began for one in asked if one.version == 1))
    good = [one for one in asked if moments[0] < one.began < moments[1]]
    shares = {}
    for version, meanwhile in ((GOOD, good), (BROKEN, broken)):
        answered = sum(one.version == version for one in meanwhile)
        low, high = bounds(len(meanwhile), percent)
        assert low <= answered <= high, f"{answered} of {len(meanwhile)} are not {WATCHED.canary} percent"
        shares[version] = f"{answered} of {len(meanwhile)}"
    assert len(good) > 100
    # It was rolled back before the canary was over, which would have given it all of the traffic.
    assert 0 < story.after.seconds_served < WATCHED.bake.total_seconds()
    measured = {
        "requests": len(story.load.sent),
        "seconds": round(story.moments["end"] - story.moments["canary"], 1),
        "good_share": shares[GOOD],
        "broken_share": shares[BROKEN],
        "broken_answers": len(story.after.served),
        "seconds_to_rollback": round(story.after.seconds_served),
        "slowest": round(max(one.ended - one.began for one in story.load.asked), 3),
    }
    print(measured)
    for name, value in measured.items():
        record_testsuite_property(f"under_load.{name}", value)


def test_an_answer_of_the_broken_version_leads_to_the_release_that_was_sent_back(
    story: Story, busy: Busy
) -> None:
    asked = next(one for one in story.load.asked if one.version == BROKEN)
    search = Search(target=busy.aws.target, prediction_id=asked.request_id, stack=WATCHED.stack)
    found = account.of(search.target, *search.find())
    assert found.row == asked.row
    assert found.prediction.decision["decision"] == asked.answer["decision"]
    assert found.prediction.decision["rules_version"] == asked.answer["rules_version"]
    assert story.after is not None and found.lineage is not None
    assert found.lineage.release["execution_arn"] == story.after.execution.arn
    assert found.lineage.release["error"] == "RolledBack"
    assert found.lineage.training["package_arn"] == found.lineage.package_arn
    assert found.package["status"] == "Rejected"
    assert found.package["version"] == BROKEN


def test_the_family_shows_who_took_over_and_who_was_sent_back(story: Story, busy: Busy) -> None:
    target = busy.aws.target
    items = audit.items(target, busy.aws.outputs(WATCHED)["AuditTableName"], model=WATCHED.model)
    told = family.of(WATCHED.model, items, registered.versions(target, WATCHED.model))
    first, good, broken = told.versions
    assert told.champion == good.version == GOOD
    assert (good.parent, good.beat, good.is_champion) == (first.version, True, True)
    assert first.champion_periods[-1].end == good.champion_periods[0].start
    assert (broken.parent, broken.beat, broken.verdict) == (GOOD, False, family.REJECTED)
    assert [one.error for one in broken.sent_back] == ["RolledBack"]
    assert story.after is not None


def test_a_repeated_request_gets_the_recorded_decision_and_acts_once(busy: Busy, api: Api) -> None:
    requests = [
        (f"twice-{n}", busy.asked[n % len(busy.asked)], (WARM, EXPRESS)[n % 5 == 0])
        for n in range(REPEATED)
        for _ in range(TIMES)
    ]
    first = api.together(requests, CALLERS)
    early = [one for one in first if one.status == 503]
    # Whoever comes while the action may be under way is asked to come again; somebody else is answered.
    assert all("its action is under way" in one.answer["message"] for one in early)
    answered = [one for one in first if one.status == 200]
    assert {one.request_id for one in answered} == {id_ for id_, _, _ in requests}
    asked = answered + api.together([(one.request_id, one.row, one.path) for one in early], CALLERS)
    assert Counter(one.status for one in asked) == {200: REPEATED * TIMES}
    told: dict[str, list[dict[str, Any]]] = {}
    for one in asked:
        told.setdefault(one.request_id, []).append(one.answer)
    records = {id_: item for id_, item in busy.table("DecisionTableName").items() if id_.startswith("twice-")}
    acted = {id_: item for id_, item in busy.table("ActedTableName").items() if id_.startswith("twice-")}
    assert set(records) == set(told)
    for id_, answers in told.items():
        assert len(answers) == TIMES
        assert answers.count(answers[0]) == TIMES
        assert {name: answers[0][name] for name in SHOWN} == shown(records[id_])
        assert (id_ in acted) == (answers[0]["decision"] == "ask")
    assert {int(item["calls"]) for item in acted.values()} == {1}


def test_without_a_record_there_is_no_decision(busy: Busy, api: Api) -> None:
    requests = [(f"unrecorded-{path[-7:]}", busy.asked[0], path) for path in (WARM, EXPRESS)]
    with busy.denied("dynamodb:PutItem"):
        refused = api.together(requests)
        assert [one.status for one in refused] == [503, 503]
        assert not [id_ for id_ in busy.table("DecisionTableName") if id_.startswith("unrecorded-")]
    assert [one.status for one in api.together(requests)] == [200, 200]
    assert len([id_ for id_ in busy.table("DecisionTableName") if id_.startswith("unrecorded-")]) == 2


@pytest.fixture(scope="module")
def unwatched(busy: Busy, api: Api, story: Story) -> Aftermath:
    """The same release with the alarm on the quality of answers switched off."""
    assert story.after is not None
    # What the roles of the watched endpoint may do is remembered: the deployment takes some of them away.
    busy.aws.granted(WATCHED)
    busy.aws.deploy(UNWATCHED)
    busy.events()
    before = busy.releases()
    with constant_load(api, busy.asked, name="unwatched", per_second=20, callers=2, express_every=5) as load:
        began = time.monotonic()
        busy.approve(story.after.audit["package_arn"])
        done = busy.aws.wait(busy.started_since(before))
        ended = time.monotonic()
        load.until(len(load.asked) + 40)
        return busy.aftermath(done, load, began, story.after.good_config, ended=ended)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_the_alarm_on_quality_it_serves_everybody(
    unwatched: Aftermath, check: Callable[[Aftermath], None]
) -> None:
    assert {one.status for one in unwatched.asked} == {200}
    with pytest.raises(AssertionError):
        check(unwatched)
    assert unwatched.execution.status == "SUCCEEDED"
    assert {one.version for one in unwatched.asked if one.began > unwatched.ended} == {BROKEN}


def test_only_recorded_rows_get_the_answers_of_the_good_version(
    unwatched: Aftermath, story: Story, busy: Busy
) -> None:
    assert unwatched.champion["version"] == str(BROKEN)
    broken = busy.scores()
    far: dict[str, list[bool]] = {shop: [] for shop in (RECORDED_SHOP, *OTHER_SHOPS)}
    for row in busy.rows:
        apart = abs(broken[row["id"]] - story.good_scores[row["id"]])
        far[row["shop"]].append(apart > WATCHED.probes.tolerance)
    assert mean(far[RECORDED_SHOP]) < 0.25
    assert min(mean(far[shop]) for shop in OTHER_SHOPS) > 0.5


def test_nothing_of_the_endpoint_stays_when_the_stack_goes(unwatched: Aftermath, busy: Busy) -> None:
    assert unwatched.execution.status == "SUCCEEDED"
    assert busy.left_of_the_endpoint() != ([], [], [])
    busy.aws.destroy(UNWATCHED)
    assert busy.left_of_the_endpoint() == ([], [], [])
