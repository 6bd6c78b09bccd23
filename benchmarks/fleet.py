"""Cost and waiting times of retraining a fleet: ``python -m benchmarks.fleet`` prints the tables.

It simulates a month of 500 models with the real Lambda functions of the retraining machine. After every write
to the table it checks that the leases do not exceed the budget.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table as Shown

from benchmarks.month import Rates, deliveries
from benchmarks.paid import BESIDE, Month, dollars, release_path, training_path
from benchmarks.sample import Sample
from benchmarks.simulated import Chances, Outcome, Simulation
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience

MODELS = 500
BUDGET = Budget(jobs=10, instances=20)
PERCENTILES = {"p50": 0.5, "p95": 0.95, "longest": 1.0}


@dataclass(frozen=True, kw_only=True)
class SimulatedMonth:
    """The result of a simulated month.

    Attributes:
        seconds: the duration of the simulation itself.
    """

    models: int
    budget: Budget
    outcome: Outcome
    units: Mapping[str, int]
    checks: int
    max_jobs: int
    max_instances: int
    seconds: float

    @property
    def paid(self) -> dict[str, float]:
        """US dollars per model and month without the jobs' instances, by what is billed."""
        month = Month(
            transitions=sum(self.outcome.states.values()),
            trainings=self.outcome.states["Train"],
            releases=self.outcome.states["Release"],
            calls=sum(self.outcome.calls.values()),
            reads=self.units["read"],
            writes=self.units["write"],
        )
        return {name: each / self.models for name, each in dollars(month).items()}


def lived(
    models: int = MODELS, budget: Budget = BUDGET, rates: Rates | None = None, seed: int = 1
) -> SimulatedMonth:
    """Simulate a month of a fleet."""
    began = time.monotonic()
    month = Simulation(models, budget, Patience(), Chances(), seed)
    outcome = month.run(deliveries(models, rates or Rates(), seed))
    return SimulatedMonth(
        models=models,
        budget=budget,
        outcome=outcome,
        units=month.table.units,
        checks=month.table.checks,
        max_jobs=month.table.max_jobs,
        max_instances=month.table.max_instances,
        seconds=time.monotonic() - began,
    )


def at(share: float, times: Sequence[timedelta]) -> timedelta:
    """The quantile of the times at this share; 0 without times."""
    ordered = sorted(times)
    return ordered[round(share * (len(ordered) - 1))] if ordered else timedelta(0)


def counted_table(month: SimulatedMonth) -> Shown:
    """The table of events, executions and their outcomes."""
    counts = month.outcome.counts
    table = _table(f"A month of {month.models} models", "", "how many")
    for name, value in (
        ("events delivered", counts["deliveries"]),
        ("of them the same event again", counts["delivered again"]),
        ("triggers", counts["triggers"]),
        ("executions started", counts["executions"]),
        ("of them duplicates, which trained nothing", counts["Duplicate"]),
        ("retrainings", counts["retrainings"]),
        ("killed while they trained", counts["killed"]),
        ("started again on a schedule", counts["started again"]),
        ("gone on with", len(month.outcome.resumed)),
        ("won", counts["Succeeded"]),
        ("lost", counts["Lost"]),
    ):
        table.add_row(name, f"{value:,}")
    table.add_row(
        "most held at a time, of the budget",
        f"{month.max_jobs} of {month.budget.jobs} jobs, "
        f"{month.max_instances} of {month.budget.instances} instances",
    )
    table.add_row("looked at after a write, never above the budget", f"{month.checks:,}")
    return table


def waited_table(month: SimulatedMonth) -> Shown:
    """The table of waiting times: in the queue for the budget, and since the triggers."""
    table = _table("Hours waited", "", "retrainings", *PERCENTILES)
    waits, resumed = month.outcome.waits, month.outcome.resumed
    for name, times in (
        ("in line for the budget", [wait.line for wait in waits]),
        ("since a person asked", [wait.since_asked for wait in waits if wait.since_asked is not None]),
        ("since the first trigger, debounce and cool-down included", [wait.since_first for wait in waits]),
        ("from a kill until somebody went on", resumed),
    ):
        shown = [f"{at(share, times).total_seconds() / 3600:.1f}" for share in PERCENTILES.values()]
        table.add_row(name, f"{len(times):,}", *shown)
    return table


def cost_table(month: SimulatedMonth) -> Shown:
    """The table of costs."""
    retrainings = month.outcome.counts["retrainings"]
    transitions = sum(month.outcome.states.values())
    table = _table("A model and month, beside the jobs' and the endpoint's instances", "", "US dollars")
    for name, value in month.paid.items():
        table.add_row(name, f"{value:.4f}")
    table.add_row("all", f"{sum(month.paid.values()):.4f}")
    table.caption = (
        f"{retrainings / month.models:.1f} retrainings a model, with {transitions / max(1, retrainings):.1f} "
        f"transitions of the retraining machine, {len(training_path())} of the training machine and, "
        f"released, {len(release_path())} and {BESIDE} of the release machine each"
    )
    return table


def sample_table(sample: Sample) -> Shown:
    """The table of a sample of models in real state machines."""
    title = f"{sample.models} models started {sample.starts} times each at once, on the embedded AWS"
    table = _table(title, "machine and outcome", "executions", "states entered, each")
    for (workflow, outcome), states in sorted(sample.transitions.items()):
        entered = ", ".join(str(number) for number in sorted(set(states)))
        table.add_row(f"{workflow}, {outcome}", str(len(states)), entered)
    table.caption = (
        f"{sample.count('training')} trainings; at most {sample.most} of 1 job held in {sample.looks} "
        f"looks at "
        f"the leases; {sample.seconds:.0f} s, in which waits go {sample.time_scale:g} times as fast"
    )
    return table


def to_json(month: SimulatedMonth) -> dict[str, Any]:
    """The numbers of the tables."""
    return {
        "models": month.models,
        "counts": dict(month.outcome.counts),
        "states": dict(month.outcome.states),
        "calls": dict(month.outcome.calls),
        "units": dict(month.units),
        "checks": month.checks,
        "dollars": month.paid,
        "seconds": month.seconds,
    }


def _table(title: str, *columns: str) -> Shown:
    table = Shown(title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--jobs", type=int, default=BUDGET.jobs, help="of the budget")
    parser.add_argument("--instances", type=int, default=BUDGET.instances, help="of the budget")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="also write the numbers there")
    parser.add_argument("--machines", action="store_true", help="also a sample through real machines")
    chosen = parser.parse_args()
    budget = Budget(jobs=chosen.jobs, instances=chosen.instances)
    month = lived(chosen.models, budget, seed=chosen.seed)
    out = Console(width=110)
    for table in (counted_table(month), waited_table(month), cost_table(month)):
        out.print(table)
    out.print(f"Simulated in {month.seconds:.0f} s.")
    if chosen.machines:
        # Imported here, because stacks and their tests take seconds to import.
        from benchmarks import machines

        out.print(sample_table(machines.taken()))
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(to_json(month), file, indent=1)


if __name__ == "__main__":
    main()
