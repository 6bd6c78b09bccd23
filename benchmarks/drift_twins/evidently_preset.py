"""Runs Evidently's data drift preset on two Parquet files, as its documentation shows.

python evidently_preset.py BASELINE WINDOW RESULT
"""

import json
import sys
import warnings

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

STATISTICS = {
    "Wasserstein distance (normed)": "wasserstein",
    "Jensen-Shannon distance": "jensen_shannon",
}


def main() -> None:
    warnings.simplefilter("ignore")
    baseline, window = (pd.read_parquet(path) for path in sys.argv[1:3])
    texts = [name for name, kind in baseline.dtypes.items() if str(kind) == "object"]
    numbers = [name for name in baseline.columns if name not in texts]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    reference = Dataset.from_pandas(baseline, data_definition=definition)
    current = Dataset.from_pandas(window, data_definition=definition)
    snapshot = Report([DataDriftPreset()]).run(current, reference)
    statistics = {}
    for metric in snapshot.dict()["metrics"]:
        config = metric["config"]
        if "column" in config:
            name = STATISTICS.get(config["method"], config["method"])
            statistics[config["column"]] = {name: float(metric["value"])}
    with open(sys.argv[3], "w") as file:
        json.dump(statistics, file)


if __name__ == "__main__":
    main()
