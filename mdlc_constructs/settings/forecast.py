"""What a forecast is asked for: how many steps, of which frequency, at which quantile levels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.column_names import check_names
from mdlc_constructs.settings.environment import MAX_VALUE
from mdlc_constructs.settings.numbers import check_whole, is_number
from mdlc_constructs.settings.payloads.dataset import ForecastSection
from mdlc_constructs.settings.refusal import refusal, unknown

FREQUENCIES = ("min", "h", "D", "W", "MS", "QS", "YS")
"""The frequencies of steps, as pandas names them: minutes, hours, days, weeks, and the starts of months,
quarters and years."""

STEP_LENGTHS: Mapping[str, timedelta] = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "D": timedelta(days=1),
    "W": timedelta(days=7),
    "MS": timedelta(days=28),
    "QS": timedelta(days=90),
    "YS": timedelta(days=365),
}
"""The length of the shortest step of each frequency."""

MAX_HORIZON, MAX_ORIGINS, MAX_SEASON = 1000, 100, 100_000

SEASONS: Mapping[str, int] = {"min": 60, "h": 24, "D": 7, "W": 52, "MS": 12, "QS": 4, "YS": 1}
"""The usual season of a frequency, in steps: an hour of minutes, a day of hours, a week of days, a year."""

CONTENT_TYPE = "application/jsonlines"
"""The content type of a forecast's records: one series and origin a line."""

VARIABLE = "MDLC_FORECAST"
"""The environment variable that tells a container the steps and quantiles, as JSON."""


def series_key(
    entity: str | None, timestamp: str | None, row_key: tuple[str, ...], weight: str | None
) -> tuple[str, str]:
    """The row key of a forecast's dataset, whose rows are the points of series.

    Raises:
        ValueError: for roles that points of series cannot have, or lack.
    """
    if entity is None:
        raise refusal("entity", None, "a forecast needs the column that names the series.")
    if timestamp is None:
        raise refusal("timestamp", None, "a forecast needs the column with the time of each step.")
    if row_key not in ((), (entity, timestamp)):
        raise refusal(
            "row_key",
            row_key,
            "a forecast's rows are points of series, which entity and timestamp identify; leave it out.",
        )
    if weight is not None:
        raise refusal("weight", weight, "a forecast learns from whole series; leave it out.")
    return entity, timestamp


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
        season: the number of steps after which a series repeats itself, by which the seasonal naive forecast
            and MASE are computed; by default the one of `SEASONS`. A series shorter than a season and a step
            is taken as one without seasons.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    horizon: int
    frequency: str
    known: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    origins: int = 3
    season: int | None = None

    def __post_init__(self) -> None:
        check_whole("horizon", self.horizon, 1, MAX_HORIZON, unit="steps")
        check_whole("origins", self.origins, 1, MAX_ORIGINS, unit="forecasts")
        if self.season is not None:
            check_whole("season", self.season, 1, MAX_SEASON, unit="steps")
        if self.frequency not in FREQUENCIES:
            raise unknown("frequency", self.frequency, FREQUENCIES, what="frequency")
        object.__setattr__(self, "known", check_names("known", self.known))
        quantiles: object = self.quantiles
        if not isinstance(quantiles, Sequence) or isinstance(quantiles, str):
            raise refusal("quantiles", quantiles, "give a tuple of levels, such as (0.1, 0.5, 0.9).")
        levels = tuple(self.quantiles)
        inside = all(is_number(level) and 0 < level < 1 for level in levels)
        if not inside or list(levels) != sorted(set(levels)):
            raise refusal("quantiles", self.quantiles, "give levels between 0 and 1 in increasing order.")
        if 0.5 not in levels:
            raise refusal("quantiles", self.quantiles, "add 0.5: the median is the score of a forecast.")
        object.__setattr__(self, "quantiles", levels)
        length = len(self.to_environment()[VARIABLE])
        if length > MAX_VALUE:
            raise refusal(
                "known" if self.known else "quantiles",
                self.known or self.quantiles,
                f"the variable {VARIABLE} would have {length} characters, and SageMaker takes {MAX_VALUE}; "
                "give fewer or shorter names, or fewer quantiles.",
            )

    def check_holdout(self, argument: str, value: object, length: timedelta) -> None:
        """Refuse a holdout that is too short for the steps of all its forecasts.

        Args:
            argument: the argument that says how long the holdout is.
            value: the argument's value.
            length: of the holdout, its start included and its end excluded.

        Raises:
            ValueError: naming the argument, its value and the remedy.
        """
        steps = self.horizon * self.origins
        if (steps - 1) * STEP_LENGTHS[self.frequency] >= length:
            raise refusal(
                argument,
                str(value),
                f"cannot hold {self.origins} forecasts of {self.horizon} steps, which are {steps} steps of "
                f"frequency {self.frequency!r}; give a longer holdout, or fewer origins or steps.",
            )

    def check_features(self, features: tuple[str, ...] | None, columns: Mapping[str, str]) -> None:
        """Refuse known columns that no feature can be, and features whose future is not known.

        Args:
            features: the features that the dataset names; None for all known columns.
            columns: types of all declared columns.

        Raises:
            ValueError: naming the column and the remedy.
        """
        for name in self.known:
            if name not in columns:
                raise unknown("forecast.known", name, columns, what="column")
            if features is not None and name not in features:
                raise refusal("forecast.known", name, "is not among the features; add it, or leave it out.")
        for name in features or ():
            if name not in self.known:
                raise refusal(
                    "features",
                    name,
                    "is not in forecast.known, and a forecast can only use columns whose values are known "
                    "for the steps to come: name it there, or leave it out.",
                )

    def to_plan(self) -> ForecastSection:
        """The ``dataset.forecast`` section of a job's plan."""
        return ForecastSection(
            horizon=self.horizon,
            frequency=self.frequency,
            known=self.known,
            quantiles=self.quantiles,
            origins=self.origins,
            season=self.season or SEASONS[self.frequency],
        )

    def to_environment(self) -> dict[str, str]:
        """The variable by which the containers of training and scoring learn what is asked of them.

        Quantile levels are texts, the keys of a container's answers.
        """
        section = self.to_plan()
        asked = {
            "horizon": section.horizon,
            "frequency": section.frequency,
            "season": section.season,
            "known": list(section.known),
            "quantiles": list(section.level_names),
        }
        return {VARIABLE: json.dumps(asked)}
