"""What a forecast is asked for: how many steps, of which frequency, at which quantile levels."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.payloads.dataset import ForecastSection
from mdlc_constructs.settings.refusal import refusal, unknown

FREQUENCIES = ("min", "h", "D", "W", "MS", "QS", "YS")
"""The frequencies of steps, as pandas names them: minutes, hours, days, weeks, and the starts of months,
quarters and years."""

MAX_HORIZON, MAX_ORIGINS = 1000, 100


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The steps and quantiles of a forecast.

    Args:
        horizon: the number of steps to predict, from the one after a series' last point.
        frequency: of the steps, one of `FREQUENCIES`.
        known: feature columns whose future values are known when a forecast is asked for, such as a holiday.
        quantiles: the levels between 0 and 1 to predict, in increasing order, with 0.5 among them.
        origins: how many forecasts of the holdout are made for each series, each from a later origin than the
            one before (rolling origin).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    horizon: int
    frequency: str
    known: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    origins: int = 3

    def __post_init__(self) -> None:
        check_whole("horizon", self.horizon, 1, MAX_HORIZON, unit="steps")
        check_whole("origins", self.origins, 1, MAX_ORIGINS, unit="forecasts")
        if self.frequency not in FREQUENCIES:
            raise unknown("frequency", self.frequency, FREQUENCIES, what="frequency")
        known: object = self.known
        if isinstance(known, str):
            raise refusal("known", known, f"give a tuple of names, for example ({known!r},).")
        object.__setattr__(self, "known", tuple(self.known))
        levels = tuple(self.quantiles)
        inside = all(
            isinstance(level, int | float) and not isinstance(level, bool) and 0 < level < 1
            for level in levels
        )
        if not inside or list(levels) != sorted(set(levels)):
            raise refusal("quantiles", self.quantiles, "give levels between 0 and 1 in increasing order.")
        if 0.5 not in levels:
            raise refusal("quantiles", self.quantiles, "add 0.5: the median is the score of a forecast.")
        object.__setattr__(self, "quantiles", levels)

    def to_plan(self) -> ForecastSection:
        """The ``dataset.forecast`` section of a job's plan."""
        return ForecastSection(
            horizon=self.horizon,
            frequency=self.frequency,
            known=self.known,
            quantiles=self.quantiles,
            origins=self.origins,
        )
