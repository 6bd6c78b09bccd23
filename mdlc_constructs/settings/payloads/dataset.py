"""The section `dataset` of `plan.json`: the files' format, the columns and their roles, and the task."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import OMIT_NONE
from mdlc_constructs.settings.payloads.tasks import TASKS

DELIMITERS = (",", ";", "\t", "|")
"""The delimiters that a CSV file may have."""


@dataclass(frozen=True, kw_only=True)
class CsvFormat:
    """The CSV format of a dataset's files.

    Attributes:
        timestamp_format: a strptime format for times; None for ISO 8601.
    """

    delimiter: str = ","
    timestamp_format: str | None = None


@dataclass(frozen=True, kw_only=True)
class ForecastSection:
    """What a forecast is asked for; see `Forecast` for its meaning.

    Attributes:
        horizon: number of steps.
        frequency: of the steps, one of `FREQUENCIES`.
        known: the columns whose future values are known.
        quantiles: levels between 0 and 1, in increasing order.
        origins: number of origins in the holdout.
        season: number of steps after which a series repeats itself.
    """

    horizon: int
    frequency: str
    known: tuple[str, ...]
    quantiles: tuple[float, ...]
    origins: int
    season: int = 1

    @property
    def level_names(self) -> tuple[str, ...]:
        """The quantile levels as text, as answers name them."""
        return tuple(f"{level:g}" for level in self.quantiles)


@dataclass(frozen=True, kw_only=True)
class DatasetSection:
    """A dataset's columns and their roles.

    Attributes:
        columns: types by name.
        timestamp: the column with a row's time; None for data without one.
        row_key: the columns that identify a row; empty for data without ids.
        features: the columns that the model is fitted on.
        positive: the label's positive value, as text.
        classes: the label's values in a multiclass task, in the order of the model's answers.
        group: the column whose equal values are ranked together.
        weight: the column of the rows' weights in training.
        class_weights: by class, what the weight of its rows is multiplied with.
        uri: S3 URI of the files; empty when a job reads other files.
        standardize: whether features are moved to mean 0 and scaled to standard deviation 1.
    """

    format: str
    timestamp: str | None = None
    row_key: tuple[str, ...] = ()
    columns: Mapping[str, str]
    features: tuple[str, ...]
    positive: str
    task: str
    label: str | None = None
    entity: str | None = None
    known_after: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    accepted_leaks: tuple[str, ...] = ()
    csv: CsvFormat = field(default_factory=CsvFormat)
    uri: str = ""
    classes: tuple[str, ...] | None = field(default=None, metadata={OMIT_NONE: True})
    group: str | None = field(default=None, metadata={OMIT_NONE: True})
    weight: str | None = field(default=None, metadata={OMIT_NONE: True})
    class_weights: Mapping[str, float] | None = field(default=None, metadata={OMIT_NONE: True})
    forecast: ForecastSection | None = field(default=None, metadata={OMIT_NONE: True})
    standardize: bool | None = field(default=None, metadata={OMIT_NONE: True})

    @property
    def needs_label(self) -> bool:
        """Whether rows without a label are left out, because the task is to predict it."""
        return TASKS[self.task].label == "required"

    @property
    def answer_names(self) -> tuple[str, ...]:
        """The names of the numbers of an answer: classes or quantile levels; empty for one number."""
        if self.forecast is not None:
            return self.forecast.level_names
        return self.classes or ()

    def needed(self, *, label: bool) -> dict[str, str]:
        """The columns that a job reads, with their types; columns in `known_after` are not among them.

        Args:
            label: whether to include the label; a forecast's is its history, and always included.
        """
        label = label or self.forecast is not None
        roles = [self.timestamp, self.entity, *self.features, *([self.label, self.weight] if label else [])]
        names = [*self.row_key, *roles, self.group]
        return {name: self.columns[name] for name in dict.fromkeys(names) if name}
