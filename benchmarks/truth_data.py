"""The public sets of the benchmark of truth: those with known drift that NannyML's package carries.

In each, the first half of the analysis is drawn like the reference, and the second half has changed.
"""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from jobs.database import literal

TRUTH = "y_true"


@dataclass(frozen=True, kw_only=True)
class TruthSet:
    """A set: a reference with labels, and an analysis in windows.

    Attributes:
        files: the reference, the analysis, and the analysis' labels.
        label: the label's name in the files.
        score: the column of scores, or of each class's probability.
        prediction: the expression of NannyML's predicted value.
        metrics: NannyML's names of metrics to ours.
    """

    name: str
    task: Literal["binary", "multiclass", "regression"]
    files: tuple[str, str, str]
    label: str
    score: str | dict[str, str]
    metrics: dict[str, str]
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def scores(self) -> tuple[str, ...]:
        """The columns of the model's numbers."""
        return (self.score,) if isinstance(self.score, str) else tuple(self.score.values())

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of `scores`."""
        return () if isinstance(self.score, str) else tuple(self.score)


SETS = (
    TruthSet(
        name="car loan",
        task="binary",
        files=(
            "synthetic_car_loan_reference.csv",
            "synthetic_car_loan_analysis.csv",
            "synthetic_car_loan_analysis_target.csv",
        ),
        label="repaid",
        score="y_pred_proba",
        metrics={"roc_auc": "auc", "f1": "f1", "accuracy": "accuracy"},
        columns={
            "car_value": "number",
            "salary_range": "category",
            "debt_to_income_ratio": "number",
            "loan_length": "number",
            "repaid_loan_on_prev_car": "boolean",
            "size_of_downpayment": "category",
            "driver_tenure": "number",
        },
    ),
    TruthSet(
        name="credit cards",
        task="multiclass",
        files=("mc_reference.csv", "mc_analysis.csv", "mc_analysis_gt.csv"),
        label="y_true",
        score={
            "highstreet_card": "y_pred_proba_highstreet_card",
            "prepaid_card": "y_pred_proba_prepaid_card",
            "upmarket_card": "y_pred_proba_upmarket_card",
        },
        metrics={"roc_auc": "auc_macro", "f1": "f1_macro", "accuracy": "accuracy"},
        columns={
            "acq_channel": "category",
            "app_behavioral_score": "number",
            "requested_credit_limit": "number",
            "app_channel": "category",
            "credit_bureau_score": "number",
            "stated_income": "number",
            "is_customer": "boolean",
        },
    ),
    TruthSet(
        name="car price",
        task="regression",
        files=(
            "regression_synthetic_reference.csv",
            "regression_synthetic_analysis.csv",
            "regression_synthetic_analysis_targets.csv",
        ),
        label="y_true",
        score="y_pred",
        metrics={"mae": "mae", "rmse": "rmse"},
        columns={
            "car_age": "number",
            "km_driven": "number",
            "price_new": "number",
            "accident_count": "number",
            "door_count": "number",
            "fuel": "category",
            "transmission": "category",
        },
    ),
)


def data_folder(python: Path) -> Path:
    """The folder of the sets in the environment of a Python program that has NannyML."""
    find = "import importlib.util as u; print(*u.find_spec('nannyml').submodule_search_locations)"
    answer = subprocess.run([str(python), "-c", find], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip()) / "datasets" / "data"


def write(truth_set: TruthSet, source: Path, folder: Path) -> tuple[Path, Path]:
    """Write the set's reference and analysis as Parquet, both with labels in the analysis' order."""
    names = [*truth_set.columns, *truth_set.scores]
    if truth_set.task != "regression":
        names.append("y_pred")
    listed = ", ".join(f"t.{name}" for name in names)
    reference, analysis, labels = (f"read_csv({literal(str(source / file))})" for file in truth_set.files)
    paths = (
        folder / f"{truth_set.name}-reference.parquet",
        folder / f"{truth_set.name}-analysis.parquet",
    )
    label = f"{truth_set.label} AS {TRUTH}"
    queries = (
        f"SELECT {listed}, t.{label} FROM {reference} AS t ORDER BY t.timestamp, t.id",
        f"SELECT {listed}, l.{label} FROM {analysis} AS t JOIN {labels} AS l USING (id) "
        "ORDER BY t.timestamp, t.id",
    )
    with duckdb.connect() as connection:
        for path, query in zip(paths, queries, strict=True):
            connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")
    return paths
