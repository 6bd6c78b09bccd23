"""The data that a model is trained on: files below one S3 prefix, and the type and role of each column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict, Unpack
from unicodedata import category

from mdlc_constructs.settings.csv_format import check_delimiter, check_timestamp_format
from mdlc_constructs.settings.payloads.job_plan import CsvFormat, DatasetSection
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.s3_folder import check_s3_folder
from mdlc_constructs.signatures import show_fields

COLUMN_TYPES = ("number", "integer", "category", "boolean", "timestamp", "text")
CALENDAR_PARTS = ("hour", "dayofweek", "day", "dayofyear", "week", "month", "quarter", "year")
TASKS = ("binary", "regression")
FORMATS = ("csv", "parquet")
_NOT_FEATURES = ("timestamp", "text")


class _ColumnRoles(TypedDict, total=False):
    """The arguments of `Dataset.parquet` besides the URI."""

    label: str
    timestamp: str
    columns: Mapping[str, str]
    row_key: tuple[str, ...]
    entity: str | None
    known_after: tuple[str, ...]
    features: tuple[str, ...] | None
    calendar: tuple[str, ...]
    task: str
    positive: str
    accepted_leaks: tuple[str, ...]


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
        label: the column to predict; rows without a value in it are left out of training.
        timestamp: the column with the time at which a prediction would be requested; the split is by this
            time.
        columns: each column's type, one of `COLUMN_TYPES`; other columns of the files are ignored.
        row_key: the columns that together identify a row; predictions are joined to rows by them.
        entity: the column that identifies what the row is about, such as a customer; it is written with each
            prediction.
        known_after: columns whose values are known only after the prediction, so they can never be features.
        features: the feature columns; by default all columns without another role, except those of type
            timestamp and text.
        calendar: parts of ``timestamp`` that become features, of `CALENDAR_PARTS`.
        task: "binary" (classification) or "regression".
        positive: the label's value, as text, that counts as 1 in a binary task.
        accepted_leaks: features that may predict the label almost perfectly by themselves.
        delimiter: the character between the values of CSV files, one of `csv_format.DELIMITERS`.
        timestamp_format: the strptime format of all times in CSV files, such as ``"%d.%m.%Y %H:%M"``; by
            default ISO 8601. Requests to an endpoint are JSON, whose times are always ISO 8601.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    format: str
    uri: str
    label: str
    timestamp: str
    columns: Mapping[str, str]
    row_key: tuple[str, ...]
    entity: str | None = None
    known_after: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    calendar: tuple[str, ...] = ()
    task: str = "binary"
    positive: str = "1"
    accepted_leaks: tuple[str, ...] = ()
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
        if self.task not in TASKS:
            raise unknown("task", self.task, TASKS, what="task")
        check_s3_folder("uri", self.uri)
        self._check_csv_format()
        self._check_sequences()
        for role in ("label", "timestamp", *(["entity"] if self.entity is not None else [])):
            _check_role(role, getattr(self, role))
        if not isinstance(self.columns, Mapping):
            raise refusal("columns", self.columns, 'give each column its type, such as {"age": "integer"}.')
        object.__setattr__(self, "columns", self._with_implied_types())
        self._check_columns()
        self._check_features()

    def _check_csv_format(self) -> None:
        check_delimiter(self.delimiter)
        if self.timestamp_format is not None:
            check_timestamp_format(self.timestamp_format)
        for name, default in (("delimiter", ","), ("timestamp_format", None)):
            if self.format != "csv" and getattr(self, name) != default:
                raise refusal(name, getattr(self, name), f"is of CSV files; {self.format} files have none.")

    def _check_sequences(self) -> None:
        """Check arguments that are tuples of names. A single string is the most common mistake."""
        for name in ("row_key", "known_after", "features", "calendar", "accepted_leaks"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise refusal(name, value, f"give a tuple of names, for example ({value!r},).")
            if value is None and name in ("known_after", "calendar", "accepted_leaks"):
                raise refusal(name, value, "leave it out for none, or give a tuple of names.")
            if value is not None:
                if not isinstance(value, Iterable):
                    raise refusal(name, value, 'give a tuple of names, such as ("id",).')
                for item in value:
                    _check_role(name, item)
                object.__setattr__(self, name, tuple(value))
                repeated = sorted({item for item in value if tuple(value).count(item) > 1})
                if repeated:
                    raise refusal(name, repeated[0], "is named twice; name each column once.")
        if not self.row_key:
            raise refusal("row_key", self.row_key, "name the columns that tell one row from all others.")

    def _with_implied_types(self) -> dict[str, str]:
        """The declared types, and the types that follow from a column's role."""
        implied = {
            self.label: "integer" if self.task == "binary" else "number",
            self.timestamp: "timestamp",
            **dict.fromkeys(self.row_key, "text"),
            **({self.entity: "text"} if self.entity else {}),
        }
        return {**implied, **self.columns}

    def _check_columns(self) -> None:
        for name, kind in self.columns.items():
            _check_name(name)
            if kind not in COLUMN_TYPES:
                raise unknown(f"columns[{name!r}]", kind, COLUMN_TYPES, what="column type")
        folded: dict[str, str] = {}
        for name in self.columns:
            if folded.setdefault(name.lower(), name) != name:
                raise refusal(
                    "columns", name, "differs from another column only by case; SQL takes them for one."
                )
        if self.columns[self.timestamp] != "timestamp":
            raise refusal("timestamp", self.timestamp, "declare the column as 'timestamp' in columns.")
        if self.label == self.timestamp or self.label in self.row_key or self.label == self.entity:
            raise refusal(
                "label", self.label, "the label cannot also be the timestamp, the entity or a row key."
            )
        if self.task == "regression" and self.columns[self.label] not in ("number", "integer"):
            raise refusal("label", self.label, "a regression needs a label of type 'number' or 'integer'.")
        for name in self.known_after:
            if name not in self.columns:
                raise unknown("known_after", name, self.columns, what="column")
        for part in self.calendar:
            if part not in CALENDAR_PARTS:
                raise unknown("calendar", part, CALENDAR_PARTS, what="part of a timestamp")

    def _check_features(self) -> None:
        for name in self.features or ():
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
        if not self.resolved_features and not self.calendar:
            raise refusal(
                "features", self.features, "name at least one column or calendar part to learn from."
            )
        for name in self.accepted_leaks:
            if name not in self.resolved_features:
                raise unknown("accepted_leaks", name, self.resolved_features, what="feature")

    @property
    def resolved_features(self) -> tuple[str, ...]:
        """The feature columns: ``features``, or by default all declared columns without another role."""
        if self.features is not None:
            return self.features
        other = {self.label, self.timestamp, self.entity, *self.row_key, *self.known_after}
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
        )


for _make in (Dataset.csv, Dataset.parquet):
    show_fields(_make)


_ROLES = {
    "label": "name the column to predict.",
    "timestamp": (
        "name the column with the moment at which a prediction would be asked for: the split, features and "
        "audit go by it. Data that have none need one, such as the day on which each row was exported."
    ),
}


def _check_role(role: str, name: object) -> None:
    """Refuse a value that is not a column's name, for a role that needs one."""
    if not isinstance(name, str) or not name:
        raise refusal(role, name, _ROLES.get(role, "name columns, as the header of the files has them."))
    _check_name(name, argument=role)


def _check_name(name: object, *, argument: str = "columns") -> None:
    """Refuse a name that is not valid everywhere it is used: in SQL, JSON and CSV.

    Jobs use control characters as separators, so a name cannot contain them.
    """
    if not isinstance(name, str) or not name:
        raise refusal(argument, name, "give each column a name, as the header of the files has it.")
    unprintable = next((sign for sign in name if category(sign) in ("Cc", "Cs")), None)
    if unprintable is not None:
        raise refusal(
            argument,
            name,
            f"a column's name cannot hold {unprintable!r} (a control character, a line break or half of a "
            "surrogate pair); rename the column in the files.",
        )
