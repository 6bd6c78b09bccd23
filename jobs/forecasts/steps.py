"""The steps of series as SQL: a time's number, whether it is a step at all, the time of a later step."""

_MICROSECONDS = {"min": 60 * 10**6, "h": 3600 * 10**6, "D": 86400 * 10**6, "W": 7 * 86400 * 10**6}
_CALENDAR = {"MS": "month", "QS": "quarter", "YS": "year"}
_INTERVALS = {
    "min": "1 MINUTE",
    "h": "1 HOUR",
    "D": "1 DAY",
    "W": "7 DAY",
    "MS": "1 MONTH",
    "QS": "3 MONTH",
    "YS": "1 YEAR",
}


def step_number(frequency: str, time: str) -> str:
    """The SQL expression of a time's number, in all series alike; those of consecutive steps differ by 1."""
    if frequency in _CALENDAR:
        months = f"(year({time}) * 12 + month({time}) - 1)"
        return f"CAST(floor({months} / {_months(frequency)}.0) AS BIGINT)"
    return f"CAST(floor(epoch_us({time}) / {_MICROSECONDS[frequency]}.0) AS BIGINT)"


def step_offset(frequency: str, time: str) -> str:
    """The SQL expression of how far a time is behind the beginning of its step, in microseconds.

    All times of a series must have the same one. Months, quarters and years must have 0: the steps between
    the 31st days of months are not equal.
    """
    if frequency in _CALENDAR:
        return f"(epoch_us({time}) - epoch_us(date_trunc('{_CALENDAR[frequency]}', {time})))"
    number = step_number(frequency, time)
    return f"(epoch_us({time}) - {number} * {_MICROSECONDS[frequency]})"


def begins_on_calendar(frequency: str) -> bool:
    """Whether each time must be the start of a month, a quarter or a year."""
    return frequency in _CALENDAR


def later(frequency: str, time: str, steps: str) -> str:
    """The SQL expression of the time a number of steps after another."""
    return f"({time} + CAST({steps} AS INTEGER) * INTERVAL {_INTERVALS[frequency]})"


def _months(frequency: str) -> int:
    return {"MS": 1, "QS": 3, "YS": 12}[frequency]
