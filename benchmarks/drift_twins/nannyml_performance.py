"""Runs NannyML's estimates, realized performance and drift, with its defaults, on the chunks of an analysis.

python nannyml_performance.py REFERENCE ANALYSIS SETTINGS RESULT

SETTINGS is a JSON file: `task`, `chunk_size`, `features`, `metrics`, `score` (a column, or columns by class).
"""

import json
import sys
import warnings
from typing import Any

import nannyml
import pandas as pd

PROBLEMS = {
    "binary": "classification_binary",
    "multiclass": "classification_multiclass",
    "regression": "regression",
}


def main() -> None:
    warnings.simplefilter("ignore")
    reference, analysis = (pd.read_parquet(path) for path in sys.argv[1:3])
    with open(sys.argv[3]) as file:
        settings = json.load(file)
    task, size, metrics = settings["task"], settings["chunk_size"], settings["metrics"]
    columns = {"y_true": "y_true", "y_pred": "y_pred", "problem_type": PROBLEMS[task]}
    if task != "regression":
        columns["y_pred_proba"] = settings["score"]
    realized = nannyml.PerformanceCalculator(metrics=metrics, chunk_size=size, **columns)
    if task == "regression":
        estimator = nannyml.DLE(
            feature_column_names=settings["features"],
            y_pred="y_pred",
            y_true="y_true",
            metrics=metrics,
            chunk_size=size,
        )
    else:
        estimator = nannyml.CBPE(metrics=metrics, chunk_size=size, **columns)
    result: dict[str, Any] = {
        "estimated": table(estimator, reference, analysis, metrics),
        "realized": table(realized, reference, analysis, metrics),
    }
    univariate = nannyml.UnivariateDriftCalculator(column_names=settings["features"], chunk_size=size)
    univariate.fit(reference)
    frame = univariate.calculate(analysis).filter(period="analysis").to_df()
    alerts = frame.loc[:, [column for column in frame.columns if column[-1] == "alert"]]
    result["columns_drifted"] = [int(row.sum()) for _, row in alerts.astype(bool).iterrows()]
    together = nannyml.DataReconstructionDriftCalculator(column_names=settings["features"], chunk_size=size)
    together.fit(reference)
    frame = together.calculate(analysis).filter(period="analysis").to_df()
    alert = next(column for column in frame.columns if column[-1] == "alert")
    result["joint_drifted"] = [bool(value) for value in frame[alert]]
    with open(sys.argv[4], "w") as file:
        json.dump(result, file)


def table(calculator: Any, reference: Any, analysis: Any, metrics: list[str]) -> dict[str, Any]:
    """The values and alerts of each metric, by chunk of the analysis."""
    calculator.fit(reference)
    run = getattr(calculator, "estimate", None) or calculator.calculate
    frame = run(analysis).filter(period="analysis").to_df()
    return {
        metric: {
            "value": [float(value) for value in frame[metric]["value"]],
            "alert": [bool(value) for value in frame[metric]["alert"]],
        }
        for metric in metrics
    }


if __name__ == "__main__":
    main()
