"""Evaluates CloudWatch alarms: dimensions, missing data, M out of N, percentiles, metric math.

A thread evaluates all alarms several times a second. A period is real time divided by the server's time
scale, at least a second, and ends now; on AWS, periods are aligned to the clock. State changes are sent to
the alarm's SNS topics and published to EventBridge.
"""

import contextvars
import importlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import alarm_events, metric_math, options, patches, service_events
from mdlc_local.metric_math import Series

log = logging.getLogger("mdlc_local.alarms")

CLOUDWATCH = "ministack.services.cloudwatch"
PROVISIONERS = "ministack.services.cloudformation.provisioners"

LOOK_SECONDS = 0.2
"""Seconds between evaluations while new data arrive."""

REST_SECONDS = 2.0
"""The most seconds between evaluations without new data, because periods pass; less if time is scaled."""

MIN_PERIOD_SECONDS = 1.0
"""The shortest period whatever the time scale, because endpoints put metrics twice a second."""

EXTRA_PERIODS = 2
"""How many periods before the evaluated ones are used in place of missing data."""

MAX_POINTS = 200_000
"""How many of a metric's latest data points an evaluation reads."""

OLDER_POINTS = 1000
"""After so many consecutive data points older than its periods, an evaluation stops reading."""

EVICTION_SECONDS = 60.0
"""Seconds between removals of data points beyond CloudWatch's retention; ministack did it every request."""

_news = threading.Event()
"""Set when new data have arrived."""

Alarm = dict[str, Any]
Put = Callable[..., Any]

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}

_actions: "queue.SimpleQueue[tuple[contextvars.Context, Callable[[], None]]]" = queue.SimpleQueue()
_evaluating = threading.Lock()
_held: dict[str, float] = {}


def install(app: ModuleType) -> None:
    """Replace ministack's evaluation of alarms, and send state changes to SNS and EventBridge."""
    del app
    patches.take(CLOUDWATCH, "_metrics")
    patches.take(CLOUDWATCH, "_alarms")
    patches.take(CLOUDWATCH, "_calc_stats", "points")
    patches.take(CLOUDWATCH, "_stat_value", "stats stat_name points")
    patches.take(CLOUDWATCH, "_dims_key", "dims")
    patches.take(CLOUDWATCH, "_record_history")
    patches.take(CLOUDWATCH, "_evaluate_parent_alarms")
    service_events.check_seams()
    patches.replace(CLOUDWATCH, "_evaluate_alarm", _evaluate_in_scope)
    # PutMetricData would evaluate every alarm on the event loop; the thread does so as soon.
    patches.replace(CLOUDWATCH, "_evaluate_all_alarms", lambda: _news.set())
    patches.wrap(CLOUDWATCH, "_evict_old_metrics", "", _now_and_then)
    patches.wrap(CLOUDWATCH, "_dispatch_alarm_actions", "alarm old_state new_state reason", _publishing)
    patches.wrap(CLOUDWATCH, "_put_metric_alarm", "params cbor_data is_cbor is_json", _keeping_metrics)
    patches.wrap(CLOUDWATCH, "_set_alarm_state", "params cbor_data is_cbor is_json", _holding)
    patches.wrap(PROVISIONERS, "_cw_metric_alarm_record", "name props", _with_metrics)
    threading.Thread(target=_look_again_and_again, daemon=True, name="alarms").start()
    threading.Thread(target=_act, daemon=True, name="alarm actions").start()


def _now_and_then(evict: Callable[[], None]) -> Callable[[], None]:
    last = time.monotonic()

    def evicting() -> None:
        nonlocal last
        if time.monotonic() - last >= EVICTION_SECONDS:
            last = time.monotonic()
            evict()

    return evicting


def _look_again_and_again() -> None:
    cloudwatch = importlib.import_module(CLOUDWATCH)
    responses = importlib.import_module("ministack.core.responses")
    while True:
        # Without new data a state changes only by time, as periods pass.
        _news.wait(min(_period_seconds({}) / 4, REST_SECONDS))
        _news.clear()
        time.sleep(LOOK_SECONDS)
        for (account, region, _), alarm in cloudwatch._alarms.all_items():
            responses.set_request_account_id(account)
            responses.set_request_region(region)
            try:
                _evaluate_in_scope(alarm)
            except Exception:
                # An alarm that cannot be evaluated must not prevent the evaluation of the others.
                log.exception("alarm %s cannot be evaluated", alarm.get("AlarmName"))


def _evaluate_in_scope(alarm: Alarm) -> None:
    """Evaluate one alarm in the current account and region, and change its state if necessary."""
    cloudwatch = importlib.import_module(CLOUDWATCH)
    if not alarm.get("MetricName") and not alarm.get("Metrics"):
        return  # its creation is not finished
    with _evaluating:
        points = values(alarm, time.time())
        state, reason = judge(alarm, points)
        old = alarm["StateValue"]
        if time.monotonic() < _held.get(alarm["AlarmArn"], 0):
            return
        if state == old or cloudwatch._alarms.get(alarm["AlarmName"]) is not alarm:
            return
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def values(alarm: Alarm, now: float) -> Series:
    """The alarm's data points, newest first; None where a period has no data."""
    periods = int(alarm.get("EvaluationPeriods", 1)) + EXTRA_PERIODS
    if not alarm.get("Metrics"):
        return _series(alarm, alarm.get("ExtendedStatistic") or alarm.get("Statistic"), periods, now)
    known: dict[str, Series] = {}
    watched = ""
    expressions = []
    for query in alarm["Metrics"]:
        if query.get("ReturnData", len(alarm["Metrics"]) == 1) in (True, "true"):
            watched = query["Id"]
        if "Expression" in query:
            expressions.append((query["Id"], query["Expression"]))
            continue
        stat = query["MetricStat"]
        described = {**stat["Metric"], "Period": stat["Period"], "Unit": stat.get("Unit")}
        known[query["Id"]] = _series(described, stat["Stat"], periods, now)
    return metric_math.evaluate(expressions, known, periods)[watched or alarm["Metrics"][0]["Id"]]


def _series(described: Alarm, statistic: str | None, periods: int, now: float) -> Series:
    """One metric's statistic in each of the last periods, newest first."""
    cloudwatch = importlib.import_module(CLOUDWATCH)
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in described.get("Dimensions") or []}
    key = (described.get("Namespace"), described.get("MetricName"), cloudwatch._dims_key(dimensions))
    seconds = _period_seconds(described)
    unit = described.get("Unit")
    buckets: list[list[dict[str, Any]]] = [[] for _ in range(periods)]
    older = 0
    for point in reversed(tuple((cloudwatch._metrics.get(key) or ())[-MAX_POINTS:])):
        age = int((now - point["Timestamp"]) // seconds)
        if 0 <= age < periods and (not unit or point.get("Unit") == unit):
            buckets[age].append(point)
        # Points are nearly in chronological order, so the older points of a busy endpoint can be skipped.
        older = older + 1 if age >= periods else 0
        if older > OLDER_POINTS:
            break
    series: Series = []
    for points in buckets:
        stats = cloudwatch._calc_stats(points)
        series.append(cloudwatch._stat_value(stats, statistic or "Average", points) if stats else None)
    return series


def _period_seconds(described: Alarm) -> float:
    return max(int(described.get("Period") or 60) / options.current().time_scale, MIN_PERIOD_SECONDS)


def judge(alarm: Alarm, series: Series) -> tuple[str, str]:
    """The alarm's state and its reason, by the rules of "How CloudWatch alarms handle missing data".

    Args:
        alarm: the alarm; its current state is returned when missing data leave it undecided.
        series: its data points, newest first, including `EXTRA_PERIODS` older ones.
    """
    count = int(alarm.get("EvaluationPeriods", 1))
    needed = int(alarm.get("DatapointsToAlarm") or count)
    treat = alarm.get("TreatMissingData") or "missing"
    threshold = float(alarm.get("Threshold") or 0)
    compare = _COMPARISONS.get(str(alarm.get("ComparisonOperator")))
    kept = (alarm["StateValue"], alarm.get("StateReason", ""))
    if compare is None:  # anomaly detection bands are not evaluated
        return kept
    present = [(age, value) for age, value in enumerate(series, start=1) if value is not None][:count]
    if not present and treat in ("missing", "ignore"):
        reason = f"Insufficient Data: {count} datapoints were unknown."
        return kept if treat == "ignore" else ("INSUFFICIENT_DATA", reason)
    breaching = [age for age, value in present if compare(value, threshold)]
    missing = count - len(present)
    bad = len(breaching) + (missing if treat == "breaching" else 0)
    shown = ", ".join(f"{value:g}" for _, value in present)
    reason = (
        f"Threshold Crossed: {bad} out of the last {count} datapoints [{shown}] "
        f"{'were' if bad >= needed else 'were not'} breaching: {alarm['ComparisonOperator']} {threshold:g} "
        f"(minimum {needed} datapoints for transition to ALARM)."
    )
    if bad >= needed:
        return "ALARM", reason
    if len(breaching) < len(present) or treat in ("breaching", "notBreaching"):
        return "OK", reason
    # All present data points breach, but there are too few: only an old enough breach sets ALARM.
    if treat == "missing" and max(breaching) >= needed:
        return "ALARM", reason
    return kept


def _keeping_metrics(put: Put) -> Put:
    """PutMetricAlarm that keeps the queries of a metric-math alarm."""

    def putting(params: Any, cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        answer = put(params, cbor_data, is_cbor, is_json)
        name = (cbor_data or {}).get("AlarmName")
        alarm = importlib.import_module(CLOUDWATCH)._alarms.get(name) if name else None
        if alarm is not None and cbor_data.get("Metrics"):
            alarm["Metrics"] = cbor_data["Metrics"]
        return answer

    return putting


def _holding(put: Put) -> Put:
    """SetAlarmState's state lasts for one period; then, as on AWS, the next evaluation replaces it."""

    def setting(params: Any, cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        name = (cbor_data or {}).get("AlarmName") or (params.get("AlarmName") or [""])[0]
        alarm = importlib.import_module(CLOUDWATCH)._alarms.get(name)
        with _evaluating:
            if alarm is not None:
                _held[alarm["AlarmArn"]] = time.monotonic() + _period_seconds(alarm)
            return put(params, cbor_data, is_cbor, is_json)

    return setting


def _with_metrics(record: Callable[..., Alarm]) -> Callable[..., Alarm]:
    """Let an alarm of a template also watch a metric-math expression."""

    def recording(name: str, props: dict[str, Any]) -> Alarm:
        queries = props.get("Metrics")
        if not queries:
            return record(name, props)
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = record(name, {**plain, "MetricName": "-", "Namespace": "-"})
        return {**alarm, "MetricName": None, "Namespace": None, "Metrics": queries}

    return recording


def _publishing(dispatch: Callable[..., None]) -> Callable[..., None]:
    """Run a state change's actions and event in a separate thread: their targets may call this server."""

    def dispatching(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
        now = dict(alarm)

        def act() -> None:
            dispatch(now, old_state, new_state, reason)
            alarm_events.put_event(now, old_state, new_state, reason)

        _actions.put((contextvars.copy_context(), act))

    return dispatching


def _act() -> None:
    while True:
        context, act = _actions.get()
        try:
            context.run(act)
        except Exception:
            log.exception("an alarm's actions broke")
