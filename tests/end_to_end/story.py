"""One run under constant load: a version takes over, a broken one is rolled back, the endpoint goes out."""

import json
import time
from dataclasses import dataclass, field
from itertools import pairwise

from tests.end_to_end.aws import Execution
from tests.end_to_end.broken_release import Aftermath
from tests.end_to_end.busy import OTHER_SHOPS, Busy
from tests.end_to_end.load import Api, Asked, Load, constant_load
from tests.end_to_end.team_decisions import rules

PER_SECOND, CALLERS, EXPRESS_EVERY = 50, 6, 6
MIN_ROWS = 2000
"""How many requests are sent at least, of which a sixth goes to the Express shape."""
OUTAGE_SECONDS = 2.0


@dataclass
class Story:
    """What happened, as the callers saw it.

    Attributes:
        moments: what began, and when, in order.
        good: the release of the good version, and what it answered to all rows.
        after: the release of the broken one.
    """

    load: Load = field(default_factory=Load)
    moments: dict[str, float] = field(default_factory=dict)
    good: Execution | None = None
    good_scores: dict[str, float] = field(default_factory=dict)
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


def lived_through(busy: Busy, api: Api) -> Story:
    """One run: a good version takes over, a broken one is rolled back, the endpoint goes out and returns."""
    story = Story()
    arn = busy.train("more-", seed=8, rows=100, files=1)
    given = {"per_second": PER_SECOND, "callers": CALLERS, "express_every": EXPRESS_EVERY}
    with constant_load(api, busy.asked, name="load", **given) as story.load:
        story.begins("canary")
        story.good = busy.released(arn)
        story.begins("good")
        good_config, story.good_scores = busy.config(), busy.scores()
        busy.upload_rules(json.dumps(rules("second")))
        story.load.until_seen(lambda one: str(one.answer["rules_version"]).startswith("second@"))
        busy.upload_rules('{"schema_version": 1, "bands": [')
        busy.events()
        arn = busy.train(seed=21, rows=6000, inverted=OTHER_SHOPS)
        story.begins("broken")
        broken = busy.aws.wait(arn)
        story.begins("rolled back")
        story.load.until(MIN_ROWS, seconds=2)
        story.after = busy.aftermath(
            broken, story.load, story.moments["broken"], good_config, ended=story.moments["rolled back"]
        )
        story.begins("going out")
        with busy.denied("sagemaker:InvokeEndpoint"):
            story.begins("out")
            time.sleep(OUTAGE_SECONDS)
            story.begins("coming back")
        story.begins("back")
        time.sleep(1)
        story.begins("end")
    return story
