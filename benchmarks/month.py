"""The trigger events of a fleet in a month: schedules, drift, new data, requests, duplicates, bursts."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.triggers.coalescing import TriggerEvent
from mdlc_constructs.settings.triggers import OnAccuracyLoss, OnDrift, OnNewData, OnRequest, OnSchedule

START = datetime(2026, 3, 1, tzinfo=UTC)

_SCHEDULE = OnSchedule(schedule="cron(0 2 ? * MON *)")
_NEW_DATA = OnNewData(files=1)
_DRIFT, _ACCURACY, _REQUEST = OnDrift(), OnAccuracyLoss(metric="auc", loss=0.02), OnRequest()
NOUNS = (_SCHEDULE, _NEW_DATA, _DRIFT, _ACCURACY, _REQUEST)
PRIORITIES = {noun.name: noun.priority for noun in NOUNS}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The delivery of an event to a model; the same event may be delivered again."""

    at: datetime
    model: int
    fired: TriggerEvent


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates of events.

    Attributes:
        drifts, losses, requests: events per model and day, at random times.
        fed: the share of models that get new data every day.
        again: the probability that an event is delivered again after each delivery.
        storms: the number of days on which one upstream change makes many models drift within minutes.
        struck: the share of models that a storm affects.
        flapping: the number of models whose monitor repeats the same event 200 times within an hour.
    """

    days: int = 30
    drifts: float = 0.1
    losses: float = 0.03
    requests: float = 0.01
    fed: float = 0.1
    again: float = 0.1
    storms: int = 3
    struck: float = 0.6
    flapping: int = 10


FLAPS = 200


def deliveries(models: int, rates: Rates, seed: int = 1) -> list[Delivery]:
    """All deliveries of the month, in order of time."""
    probability = random.Random(seed)
    events: list[Delivery] = []
    for event in _events(models, rates, probability):
        events.append(event)
        while probability.random() < rates.again:
            later = event.at + timedelta(seconds=probability.expovariate(1 / 60))
            events.append(Delivery(at=later, model=event.model, fired=event.fired))
    return sorted(events, key=lambda delivery: (delivery.at, delivery.model, delivery.fired.event_id))


def _events(models: int, rates: Rates, probability: random.Random) -> Iterator[Delivery]:
    seconds = rates.days * 86400
    for model in range(models):
        for week in range(rates.days // 7):
            # All schedules have the same time: Monday at two.
            yield _event(model, START + timedelta(days=1 + 7 * week, hours=2), _SCHEDULE.name, f"week {week}")
        if probability.random() < rates.fed:
            for day in range(rates.days):
                at = START + timedelta(days=day, hours=4, seconds=probability.uniform(0, 7200))
                yield _event(model, at, _NEW_DATA.name, f"day {day}")
        for noun, rate in ((_DRIFT, rates.drifts), (_ACCURACY, rates.losses), (_REQUEST, rates.requests)):
            at_second = probability.expovariate(rate / 86400) if rate else seconds
            while at_second < seconds:
                yield _event(
                    model, START + timedelta(seconds=at_second), noun.name, f"second {at_second:.0f}"
                )
                at_second += probability.expovariate(rate / 86400)
    for storm in range(rates.storms):
        began = START + timedelta(days=(storm + 0.5) * rates.days / rates.storms)
        for model in range(models):
            if probability.random() < rates.struck:
                at = began + timedelta(seconds=probability.uniform(0, 600))
                yield _event(model, at, _DRIFT.name, f"storm {storm}")
    for model in range(min(rates.flapping, models)):
        began = START + timedelta(seconds=probability.uniform(0, seconds - 3600))
        for flap in range(FLAPS):
            at = began + timedelta(seconds=probability.uniform(0, 3600))
            yield _event(model, at, _DRIFT.name, f"flap {flap}")


def _event(model: int, at: datetime, trigger: str, what: str) -> Delivery:
    fired = TriggerEvent(
        event_id=f"{trigger}-{model}-{what}",
        trigger=trigger,
        reason=f"{trigger}: {what}",
        at=at,
        priority=PRIORITIES[trigger],
    )
    return Delivery(at=at, model=model, fired=fired)
