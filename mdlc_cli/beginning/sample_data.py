"""Made-up customers of a telephone company, of whom some leave: the data sample of a new project.

The values follow from a seed, so that two people see the same. The more calls to support, the less time under
contract and the higher the bill, the likelier a customer leaves.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FILE_NAME, NEXT_MONTH = "customers.csv", "next_month.csv"
LABEL = "left"
COLUMNS = ("customer", "day", "plan", "age", "months", "spent", "calls", LABEL)
ROWS = 3000
DAYS = 180
FIRST_DAY = date(2026, 5, 1)
PRICES = {"basic": 15.0, "plus": 30.0, "family": 55.0}
MISSING_AGE_SHARE = 0.05


def rows(
    count: int = ROWS,
    *,
    seed: int = 7,
    first_day: date = FIRST_DAY,
    days: int = DAYS,
    mean_calls: float = 1.5,
    months_effect: float = -0.05,
    first_number: int = 1,
) -> Iterator[tuple[str, ...]]:
    """Rows in the order of `COLUMNS`, sorted by day.

    Args:
        count: how many.
        seed: determines all values.
        first_day: the day of the first rows.
        days: the number of days over which rows are spread.
        mean_calls: calls to support per customer on average; another value than in training is drift.
        months_effect: what a month under contract adds to the log odds of leaving; another value than in
            training is a changed relation, which a model of the earlier rows does not know.
        first_number: the number of the first customer, so that later rows have keys of their own.
    """
    generator = random.Random(seed)
    for number in range(count):
        day = first_day + timedelta(days=number * days // count)
        plan = generator.choices(tuple(PRICES), weights=(5, 3, 2))[0]
        age = round(min(90, max(18, generator.gauss(45, 14))))
        months = int(generator.expovariate(1 / 18))
        calls = _poisson(generator, mean_calls)
        spent = PRICES[plan] * generator.uniform(0.8, 1.6)
        odds = -2.1 + 0.75 * calls + months_effect * months + 0.02 * (spent - 30)
        left = generator.random() < 1 / (1 + math.exp(-odds))
        shown_age = "" if generator.random() < MISSING_AGE_SHARE else str(age)
        customer = f"c{number + first_number:05d}"
        yield (
            customer,
            day.isoformat(),
            plan,
            shown_age,
            str(months),
            f"{spent:.2f}",
            str(calls),
            str(int(left)),
        )


def write(path: Path, **arguments: int | float | date) -> None:
    """Write rows as a CSV file; the arguments are those of `rows`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(**arguments))  # type: ignore[arg-type]


def write_next_month(path: Path) -> None:
    """Write the rows of the month after: customers call support more, and long contracts keep nobody.

    A monitor finds the drift, and a model that learned these rows too beats one that did not.
    """
    write(
        path,
        count=ROWS,
        seed=8,
        first_day=FIRST_DAY + timedelta(days=DAYS),
        days=30,
        mean_calls=2.5,
        months_effect=0.04,
        first_number=ROWS + 1,
    )


def _poisson(generator: random.Random, mean: float) -> int:
    """A number of events, by Knuth's multiplication of uniform variables."""
    bound, product, count = math.exp(-mean), generator.random(), 0
    while product > bound:
        product *= generator.random()
        count += 1
    return count
