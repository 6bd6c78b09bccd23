"""The data that a model is trained on: files below one S3 prefix, and the type and role of each column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, Unpack

from mdlc_constructs.settings.classes import check_class_weights, check_classes
from mdlc_constructs.settings.column_names import check_name, check_names, check_role
from mdlc_constructs.settings.csv_format import check_delimiter, check_timestamp_format
from mdlc_constructs.settings.forecast import Forecast, series_key
from mdlc_constructs.settings.payloads.dataset import CsvFormat, DatasetSection
from mdlc_constructs.settings.payloads.tasks import TASKS, TaskKind
from mdlc_constructs.settings.refusal import refusal, unknown, with_article
from mdlc_constructs.settings.s3_folder import check_s3_folder
from mdlc_constructs.signatures import show_fields

COLUMN_TYPES = ("number", "integer", "category", "boolean", "timestamp", "text")
CALENDAR_PARTS = ("hour", "dayofweek", "day", "dayofyear", "week", "month", "quarter", "year")
FORMATS = ("csv", "parquet")
_NOT_FEATURES = ("timestamp", "text")
_OPTIONAL_ROLES = ("timestamp", "entity", "weight", "group")
_NUMBERS = ("regression", "ranking", "forecast")
_LABEL_TYPES = {"binary": "integer", "anomaly": "integer", "multiclass": "category"}
_NEEDED = {
    "multiclass": 'a multiclass task needs the classes as text, such as ("red", "green", "blue").',
    "ranking": "a ranking needs the column whose equal values are ranked together.",
    "forecast": 'a forecast needs its steps, such as Forecast(horizon=14, frequency="D").',
}


_UNWEIGHTED = {
    "ranking": "XGBoost weighs the groups of a ranking, not its rows",
    "forecast": "the training records of a forecast are series, which have no weights",
    **dict.fromkeys(
        ("cluster", "anomaly", "embedding"), "the training records of a task without labels are features only"
    ),
}
"""Why rows of a task have no weights in training."""


class _ColumnRoles(TypedDict, total=False):
    """The arguments of `Dataset.parquet` besides the URI."""

    label: str | None
    timestamp: str | None
    columns: Mapping[str, str]
    row_key: tuple[str, ...]
    entity: str | None
    known_after: tuple[str, ...]
    features: tuple[str, ...] | None
    calendar: tuple[str, ...]
    task: str
    positive: str
    classes: tuple[str, ...]
    class_weights: Mapping[str, float] | None
    weight: str | None
    group: str | None
    forecast: Forecast | None
    accepted_leaks: tuple[str, ...]
    standardize: bool


class _CsvRoles(_ColumnRoles, total=False):
    """The arguments of `Dataset.csv` besides the URI."""

    delimiter: str
    timestamp_format: str | None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Files below one S3 prefix, with the types and roles of their columns.

    Create one with `Dataset.csv` or `Dataset.parquet`. Times are read as UTC.

    Args:
        uri: ``s3://bucket/prefix/`` with the closing slash. Every object below it is part of the data, except
            files and folders whose name begins with ``_`` or ``.``: Spark, Delta and Jupyter write such. The
            folder of a partition (``_year=2013/``) is part of it.
        label: the column to predict; rows without a value in it are left out of training. Tasks "cluster" and
            "embedding" have none; in an "anomaly" task it is optional.
        timestamp: the column with the time at which a prediction would be requested; by default the split
            is by this time. None for data without one: see `Split` for the other ways to divide rows.
        columns: each column's type, one of `COLUMN_TYPES`; other columns of the files are ignored.
        row_key: the columns that together identify a row; predictions are joined to rows by them. A
            forecast's are entity and timestamp. Empty for other data without ids: a row's key is then a
            digest of its values, its file and its number in the file, which changes when the file changes.
        entity: the column that identifies what the row is about, such as a customer; it is written with each
            prediction.
        known_after: columns whose values are known only after the prediction, so they can never be features.
        features: the feature columns; by default all columns without another role, except those of type
            timestamp and text.
        calendar: parts of ``timestamp`` that become features, of `CALENDAR_PARTS`.
        task: what the model is for, one of `TASKS`.
        positive: the label's value, as text, that counts as 1 in a binary task.
        classes: the label's values, as text, in a multiclass task. Their order is the order of the model's
            answers; a value that is not among them is refused.
        class_weights: by class, what the training weight of its rows is multiplied with. In a binary task
            the classes are ``positive`` and "other", so that ``positive`` cannot be "other".
        weight: the column with each row's weight in training, a number of at least 0.
        group: in a ranking, the column whose equal values are ranked together, such as a search.
        forecast: in a forecast, its steps and quantiles; the series are the entities.
        accepted_leaks: features that may predict the label almost perfectly by themselves.
        standardize: whether each feature is moved to mean 0 and scaled to standard deviation 1, both of the
            training part. Algorithms that measure distances (k-means, k-NN, PCA) need it where columns have
            different units; trees do not. It is a step of the feature program, so that training, batch
            inference and endpoints do the same.
        delimiter: the character between the values of CSV files, one of `csv_format.DELIMITERS`.
        timestamp_format: the strptime format of all times in CSV files, such as ``"%d.%m.%Y %H:%M"``; by
            default ISO 8601. Requests to an endpoint are JSON, whose times are always ISO 8601.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    format: str
    uri: str
    timestamp: str | None = None
    columns: Mapping[str, str]
    row_key: tuple[str, ...] = ()
    label: str | None = None
    entity: str | None = None
    known_after: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    calendar: tuple[str, ...] = ()
    task: str = "binary"
    positive: str = "1"
    classes: tuple[str, ...] = ()
    class_weights: Mapping[str, float] | None = None
    weight: str | None = None
    group: str | None = None
    forecast: Forecast | None = None
    accepted_leaks: tuple[str, ...] = ()
    standardize: bool = False
    delimiter: str = ","
    timestamp_format: str | None = None

    @classmethod
    def csv(cls, uri: str, **roles: Unpack[_CsvRoles]) -> "Dataset":
        """CSV files with a header line, plain or compressed with gzip (``.gz``)."""
        return cls(format="csv", uri=uri, **roles)

    @classmethod
    def parquet(cls, uri: str, **roles: Unpack[_ColumnRoles]) -> "Dataset":
        """Parquet files."""
        return cls(format="parquet", uri=uri, **roles)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise unknown("format", self.format, FORMATS, what="format")
        if not isinstance(self.task, str) or self.task not in TASKS:
            raise unknown("task", self.task, TASKS, what="task")
        check_s3_folder("uri", self.uri)
        self._check_csv_format()
        self._check_sequences()
        optional = [role for role in _OPTIONAL_ROLES if getattr(self, role) is not None]
        for role in (*(["label"] if self._has_label() else []), *optional):
            check_role(role, getattr(self, role))
        if not isinstance(self.positive, str):
            raise refusal(
                "positive", self.positive, f"give the label's value as text: {str(self.positive)!r}."
            )
        if self.forecast is not None and not isinstance(self.forecast, Forecast):
            raise refusal(
                "forecast", self.forecast, 'give steps, such as Forecast(horizon=14, frequency="D").'
            )
        if not isinstance(self.columns, Mapping):
            raise refusal("columns", self.columns, 'give each column its type, such as {"age": "integer"}.')
        object.__setattr__(self, "columns", self._with_implied_types())
        self._check_columns()
        self._check_task()
        self._check_features()

    def _check_csv_format(self) -> None:
        check_delimiter(self.delimiter)
        if self.timestamp_format is not None:
            check_timestamp_format(self.timestamp_format)
        for name, default in (("delimiter", ","), ("timestamp_format", None)):
            if self.format != "csv" and getattr(self, name) != default:
                raise refusal(name, getattr(self, name), f"is of CSV files; {self.format} files have none.")

    def _check_sequences(self) -> None:
        """Check arguments that are tuples of names."""
        for name in ("row_key", "known_after", "features", "calendar", "classes", "accepted_leaks"):
            value = getattr(self, name)
            if value is not None or name != "features":
                object.__setattr__(self, name, check_names(name, value))
        if self.task == "forecast":
            key = series_key(self.entity, self.timestamp, self.row_key, self.weight)
            object.__setattr__(self, "row_key", key)

    def _with_implied_types(self) -> dict[str, str]:
        """The declared types, and the types that follow from a column's role."""
        implied = {
            **({self.label: _LABEL_TYPES.get(self.task, "number")} if self.label else {}),
            **dict.fromkeys(self.row_key, "text"),
            **({self.timestamp: "timestamp"} if self.timestamp else {}),
            **({self.entity: "text"} if self.entity else {}),
            **({self.weight: "number"} if self.weight else {}),
            **({self.group: "text"} if self.group else {}),
        }
        return {**implied, **self.columns}

    def _check_columns(self) -> None:
        for name, kind in self.columns.items():
            check_name(name)
            if kind not in COLUMN_TYPES:
                raise unknown(f"columns[{name!r}]", kind, COLUMN_TYPES, what="column type")
        folded: dict[str, str] = {}
        for name in self.columns:
            if folded.setdefault(name.lower(), name) != name:
                raise refusal(
                    "columns", name, "differs from another column only by case; SQL takes them for one."
                )
        if self.timestamp and self.columns[self.timestamp] != "timestamp":
            raise refusal("timestamp", self.timestamp, "declare the column as 'timestamp' in columns.")
        if self.label in {self.timestamp, self.entity, self.weight, self.group, *self.row_key} - {None}:
            raise refusal(
                "label",
                self.label,
                "the label cannot also be the timestamp, the entity, the weight, the group or a row key.",
            )
        if self.label and self.task in _NUMBERS and self.columns[self.label] not in ("number", "integer"):
            raise refusal("label", self.label, f"a {self.task} needs a label of type 'number' or 'integer'.")
        if self.weight and self.columns[self.weight] not in ("number", "integer"):
            raise refusal("weight", self.weight, "declare the column as 'number' in columns.")
        for name in self.known_after:
            if name not in self.columns:
                raise unknown("known_after", name, self.columns, what="column")
        for part in self.calendar:
            if part not in CALENDAR_PARTS:
                raise unknown("calendar", part, CALENDAR_PARTS, what="part of a timestamp")
        if self.calendar and self.timestamp is None:
            raise refusal(
                "calendar", self.calendar, "are parts of timestamp; name that column, or leave it out."
            )

    def _has_label(self) -> bool:
        """Whether the data have a label.

        Raises:
            ValueError: for a label in a task that has none.
        """
        if self.task_kind.label == "none" and self.label is not None:
            raise refusal("label", self.label, f"{with_article(self.task)} task has no label; leave it out.")
        return self.task_kind.label == "required" or self.label is not None

    def _check_task(self) -> None:
        """Check the arguments that only one task has."""
        for name, task in (("classes", "multiclass"), ("group", "ranking"), ("forecast", "forecast")):
            value = getattr(self, name)
            if value and self.task != task:
                raise refusal(
                    name, value, f"is of {with_article(task)} task and task is {self.task!r}; leave it out."
                )
            if not value and self.task == task:
                raise refusal(name, value, _NEEDED[task])
        if self.task == "multiclass":
            check_classes(self.classes, self.columns[str(self.label)])
        if not isinstance(self.standardize, bool):
            raise refusal("standardize", self.standardize, "give True or False.")
        if self.forecast is not None:
            self.forecast.check_features(self.features, self.columns)
        if self.weight is not None and self.task in _UNWEIGHTED:
            raise refusal("weight", self.weight, f"{_UNWEIGHTED[self.task]}; leave it out.")
        self._check_class_weights()

    def _check_class_weights(self) -> None:
        if self.class_weights is None:
            return
        known = {"binary": (self.positive, "other"), "multiclass": self.classes}.get(self.task, ())
        checked = check_class_weights(self.class_weights, known, self.task)
        object.__setattr__(self, "class_weights", checked)

    @property
    def task_kind(self) -> TaskKind:
        """What `task` means."""
        return TASKS[self.task]

    @property
    def weighted(self) -> bool:
        """Whether the rows have weights in training: of their own, of their classes, or both."""
        return self.weight is not None or bool(self.class_weights)

    def _check_features(self) -> None:
        for name in self._named_features:
            if name in self.known_after:
                raise refusal(
                    "features",
                    name,
                    "is known only after the prediction is made (known_after); leave it out.",
                )
            if name not in self.columns:
                raise unknown("features", name, self.columns, what="column")
            if name == self.label:
                raise refusal("features", name, "is the label; leave it out.")
            if self.columns[name] in _NOT_FEATURES:
                raise refusal(
                    "features",
                    name,
                    f"is a {self.columns[name]} column; declare it a category, or use calendar for time.",
                )
        if not self.resolved_features and not self.calendar and self.forecast is None:
            raise refusal(
                "features", self.features, "name at least one column or calendar part to learn from."
            )
        for name in self.accepted_leaks:
            if name not in self.resolved_features:
                raise unknown("accepted_leaks", name, self.resolved_features, what="feature")

    @property
    def _named_features(self) -> tuple[str, ...]:
        """The features that are named, one way or the other."""
        if self.features is None and self.forecast is not None:
            return self.forecast.known
        return self.features or ()

    @property
    def resolved_features(self) -> tuple[str, ...]:
        """The feature columns: ``features``, or by default all declared columns without another role.

        In a forecast the default is the columns whose future values are known.
        """
        if self.features is not None or self.forecast is not None:
            return self._named_features
        roles = {self.label, self.timestamp, self.entity, self.weight, self.group}
        other = {*roles, *self.row_key, *self.known_after}
        return tuple(
            name for name, kind in self.columns.items() if name not in other and kind not in _NOT_FEATURES
        )

    def to_plan(self) -> DatasetSection:
        """The ``dataset`` section of a job's plan. It does not hold the URI."""
        return DatasetSection(
            format=self.format,
            label=self.label,
            timestamp=self.timestamp,
            entity=self.entity,
            row_key=self.row_key,
            columns=dict(self.columns),
            known_after=self.known_after,
            features=self.resolved_features,
            calendar=self.calendar,
            positive=self.positive,
            task=self.task,
            accepted_leaks=self.accepted_leaks,
            csv=CsvFormat(delimiter=self.delimiter, timestamp_format=self.timestamp_format),
            classes=self.classes or None,
            group=self.group,
            weight=self.weight,
            class_weights=self.class_weights or None,
            forecast=self.forecast.to_plan() if self.forecast else None,
            standardize=self.standardize or None,
        )


for _make in (Dataset.csv, Dataset.parquet):
    show_fields(_make)
