"""Decisions under constant load while versions come and go: a good one, and a broken one that is sent back.

The broken version was trained on orders of which two of three shops report the opposite of what happened.
Nothing before traffic notices: it holds on its own holdout and beats the champion there, the recorded rows
are those of the third shop, its containers are healthy, and it answers 200 with scores from 0 to 1.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.broken_release import BROKEN, CHECKS, GOOD, Aftermath, bounds
from tests.end_to_end.busy import OTHER_SHOPS, RECORDED_SHOP, UNWATCHED, WATCHED, Busy
from tests.end_to_end.load import EXPRESS, WARM, Api, Asked, Load, api_of, constant_load
from tests.end_to_end.team_decisions import ASKS_FROM, FALLBACK

PER_SECOND, CALLERS, EXPRESS_EVERY = 50, 6, 6
LEAST = 2000
"""How many requests are sent at least, of which a sixth goes to the Express shape."""
REPEATED, TIMES = 100, 3
"""Requests that are sent several times at once, and how many times."""
OUTAGE_SECONDS = 2.0
SHOWN = ("decision", "score", "model_version", "rules_version", "fallback", "inference_id")
"""What both the answer and the record say."""


@dataclass
class Story:
    """What happened, as the callers saw it.

    Attributes:
        moments: what began, and when, in order.
        good: the release of the good version.
        after: the release of the broken one.
    """

    load: Load = field(default_factory=Load)
    moments: dict[str, float] = field(default_factory=dict)
    good: Execution | None = None
    after: Aftermath | None = None

    def begins(self, phase: str) -> None:
        """From now on it is this phase."""
        self.moments[phase] = time.monotonic()

    def during(self, phase: str) -> list[Asked]:
        """The requests that were sent and answered in a phase."""
        ended = dict(pairwise(self.moments))[phase]
        return [one for one in self.load.asked if one.within(self.moments[phase], self.moments[ended])]

    def versions(self, phase: str) -> set[int | None]:
        """The versions that answered in a phase."""
        return {one.version for one in self.during(phase)}


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
    """One run: a good version takes over, a broken one is sent back, the endpoint goes out and returns."""
    story = Story()
    arn = busy.train("more-", seed=8, rows=100, files=1)
    given = {"per_second": PER_SECOND, "callers": CALLERS, "express_every": EXPRESS_EVERY}
    with constant_load(api, busy.asked, name="load", **given) as story.load:
        story.begins("canary")
        story.good = busy.released(arn)
        story.begins("good")
        good_config = busy.config()
        busy.events()
        arn = busy.train(seed=21, rows=6000, inverted=OTHER_SHOPS)
        story.begins("broken")
        broken = busy.aws.wait(arn)
        story.begins("sent back")
        story.load.until(LEAST, seconds=2)
        story.after = busy.aftermath(
            broken, story.load, story.moments["broken"], good_config, ended=story.moments["sent back"]
        )
        story.begins("going out")
        for role in ("DecisionsDecideRole", "DecisionsMachineRole"):
            denied = {"role": busy.aws.role_of(WATCHED, role), "action": "sagemaker:InvokeEndpoint"}
            busy.aws.control("POST", "deny", denied)
        story.begins("out")
        time.sleep(OUTAGE_SECONDS)
        story.begins("coming back")
        busy.aws.control("POST", "restore")
        story.begins("back")
        time.sleep(1)
        story.begins("end")
    return story


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
    assert story.versions("sent back") == {GOOD}
    assert story.versions("back") == {GOOD}


def test_no_request_fails_or_is_lost_and_every_decision_is_recorded_once(story: Story, busy: Busy) -> None:
    sent, asked = story.load.sent, story.load.asked
    assert len(sent) == len(set(sent)) >= LEAST
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
    assert busy.counted("FallbackDecisions", len(marked)) == len(marked)


def test_the_broken_version_looked_well(story: Story, busy: Busy) -> None:
    assert story.after is not None
    states = story.after.execution.states
    assert states.index("GoldenVerdict") < states.index("UpdateEndpoint")
    assert all(0 < one.answer["score"] < 1 for one in story.after.served)
    good = {one.about: one.answer["score"] for one in story.during("good")}
    apart: dict[str, list[float]] = {shop: [] for shop in (RECORDED_SHOP, *OTHER_SHOPS)}
    for one in story.after.served:
        apart[one.row["shop"]].append(abs(one.answer["score"] - good[one.about]))
    # Far apart is what the prober's tolerance calls so.
    assert median(apart[RECORDED_SHOP]) < 0.1 < min(median(apart[shop]) for shop in OTHER_SHOPS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_broken_version_is_sent_back(story: Story, check: Callable[[Aftermath], None]) -> None:
    assert story.after is not None
    check(story.after)


def test_the_broken_version_had_the_canarys_share_and_not_for_long(
    story: Story, record_testsuite_property: Callable[[str, object], None]
) -> None:
    assert story.after is not None
    after, draws = story.after, len(story.after.meanwhile)
    low, high = bounds(draws, WATCHED.canary / 100)
    answered = round(after.share * draws)
    measured = {
        "requests": len(story.load.sent),
        "seconds": round(story.moments["end"] - story.moments["canary"], 1),
        "broken_answers": len(after.served),
        "broken_share": round(after.share, 3),
        "seconds_to_rollback": round(after.seconds_served),
        "slowest": round(max(one.ended - one.began for one in story.load.asked), 3),
    }
    print(measured)
    for name, value in measured.items():
        record_testsuite_property(f"under_load.{name}", value)
    assert draws > 30
    assert low <= answered <= high, f"{answered} of {draws} are not {WATCHED.canary} percent"
    # It was sent back before the canary was over, which would have given it all of the traffic.
    assert after.seconds_served < WATCHED.bake.total_seconds()


def test_a_repeated_request_gets_the_recorded_decision_and_acts_once(busy: Busy, api: Api) -> None:
    requests = [
        (f"twice-{n}", busy.asked[n % len(busy.asked)], (WARM, EXPRESS)[n % 5 == 0])
        for n in range(REPEATED)
        for _ in range(TIMES)
    ]
    asked = api.together(requests, CALLERS)
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


@pytest.fixture(scope="module")
def unwatched(busy: Busy, api: Api, story: Story) -> Aftermath:
    """The same release with the alarm on the quality of answers switched off."""
    assert story.after is not None
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


def test_nothing_of_the_endpoint_stays_when_the_stack_goes(unwatched: Aftermath, busy: Busy) -> None:
    assert unwatched.champion["version"] == str(BROKEN)
    assert busy.left_of_the_endpoint() != ([], [], [])
    busy.aws.destroy(UNWATCHED)
    assert busy.left_of_the_endpoint() == ([], [], [])
