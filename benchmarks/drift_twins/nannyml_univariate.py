"""Runs NannyML's univariate drift with its default methods on two Parquet files; the window is one chunk.

python nannyml_univariate.py BASELINE WINDOW RESULT
"""

import json
import sys
import warnings

import nannyml
import pandas as pd


def main() -> None:
    warnings.simplefilter("ignore")
    baseline, window = (pd.read_parquet(path) for path in sys.argv[1:3])
    names = list(baseline.columns)
    calculator = nannyml.UnivariateDriftCalculator(column_names=names, chunk_number=1)
    calculator.fit(baseline)
    frame = calculator.calculate(window).filter(period="analysis").to_df()
    statistics = {
        name: {"jensen_shannon": float(frame[name]["jensen_shannon"]["value"].iloc[-1])} for name in names
    }
    with open(sys.argv[3], "w") as file:
        json.dump(statistics, file)


if __name__ == "__main__":
    main()
