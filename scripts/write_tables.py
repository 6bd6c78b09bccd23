"""Write the tables of real-time-inference.md, monitoring.md, model-tasks.md, algorithms.md, conformance.md.

They are generated from code.

python scripts/write_tables.py

The text between a line such as `<!-- table: probes -->` and the next `<!-- end -->` is replaced.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

from jobs.metrics.baselines import PREDICTORS
from mdlc_cli.conformance.probes import PROBES
from mdlc_constructs import (
    AllAtOnce,
    Asynchronous,
    Canary,
    Consistency,
    Labels,
    Linear,
    MonitorAlarms,
    NetworkSettings,
    Night,
    Probes,
    RollbackAlarms,
    Rolling,
    Scaling,
    Serverless,
    Serving,
)
from mdlc_constructs.settings.algorithms.record_formats import records_of
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts, algorithm_facts, algorithm_names
from mdlc_constructs.settings.algorithms.trained_tasks import algorithms_of
from mdlc_constructs.settings.monitor_metrics import COMPARED, LABELLED, METRICS, ROWS
from mdlc_constructs.settings.payloads.tasks import TASKS, main_metric, metric_names
from mdlc_constructs.settings.probes import MAX_PROBES
from mdlc_constructs.settings.task_steps import STEPS, runs
from mdlc_constructs.workflows.decision import alarms as decision_alarms
from mdlc_local.sagemaker.containers.built_in import STAND_INS

DOCUMENT = Path(__file__).parent.parent / "docs" / "real-time-inference.md"
MONITORING = DOCUMENT.with_name("monitoring.md")
TASK_PAGE = DOCUMENT.with_name("model-tasks.md")
ALGORITHM_PAGE = DOCUMENT.with_name("algorithms.md")
CONFORMANCE_PAGE = DOCUMENT.with_name("conformance.md")

_MARKED = re.compile(r"(?P<mark><!-- table: (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)

SHARES = (0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
QUALITY_SHARES = (0.05, 0.1, 0.2)

_NO_ALARMS = RollbackAlarms.none()
_ALARMS = (
    ("p99_latency", replace(_NO_ALARMS, p99_latency=timedelta(milliseconds=200))),
    ("client_errors", replace(_NO_ALARMS, client_errors=0.05)),
    ("server_errors", replace(_NO_ALARMS, server_errors=0.01)),
    ("cpu_percent", replace(_NO_ALARMS, cpu_percent=180)),
    ("memory_percent", replace(_NO_ALARMS, memory_percent=90)),
    ("quality_share", replace(_NO_ALARMS, quality_share=0.05)),
    ("prediction_drift", replace(_NO_ALARMS, prediction_drift=0.2)),
)
"""Each alarm alone; its bound does not matter, as the table shows only the metric."""

_WITHOUT = Serving(prepares=False, serverless=Serverless(), capture=None, alarms=_NO_ALARMS)

REFUSED: Sequence[tuple[str, Callable[[], object]]] = (
    ("`Canary(percent=60)`", lambda: Canary(percent=60)),
    ("`Canary` on one instance", lambda: Serving(instances=1).check_rollout(Canary(percent=10))),
    ("`Linear(step_percent=5)`", lambda: Linear(step_percent=5)),
    ("ten steps of an hour", lambda: Linear(step_percent=10, bake=timedelta(hours=1))),
    ("`Rolling` on one instance", lambda: Serving(instances=1).check_rollout(Rolling())),
    ("alarms without a bake", lambda: Serving().check_rollout(AllAtOnce(bake=timedelta(0)))),
    ("alarms on Inf1 instances", lambda: Serving(instance_type="ml.inf1.xlarge", prepares=False)),
    ("the feature program on Arm processors", lambda: Serving(instance_type="ml.m6g.large")),
    ("the feature program on accelerators", lambda: Serving(instance_type="ml.inf2.xlarge")),
    (
        "an asynchronous endpoint of a Marketplace container",
        lambda: Serving(marketplace=True, prepares=False, asynchronous=Asynchronous()),
    ),
    ("`Canary` for a serverless endpoint", lambda: _WITHOUT.check_rollout(Canary(percent=10))),
    ("a bake for a serverless endpoint", lambda: _WITHOUT.check_rollout(AllAtOnce())),
    ("the feature program in a serverless endpoint", lambda: replace(_WITHOUT, prepares=True)),
    ("data capture of a serverless endpoint", lambda: replace(_WITHOUT, capture=Serving().capture)),
    (
        "a serverless endpoint in a VPC",
        lambda: _WITHOUT.check_network(
            NetworkSettings(subnet_ids=("subnet-0a",), security_group_ids=("sg-0a",))
        ),
    ),
    (
        "the feature program around a Marketplace container",
        lambda: Serving(marketplace=True, alarms=_NO_ALARMS),
    ),
    ("no instances at all", lambda: Serving(scaling=Scaling(minimum=0, maximum=2, invocations=600))),
    ("a night without instances", lambda: Night(begins=time(22), ends=time(6), minimum=0)),
    (
        "`concurrency` of an asynchronous endpoint",
        lambda: Serving(asynchronous=Asynchronous(), scaling=Scaling(maximum=4, concurrency=4)),
    ),
    ("a canary too small for what is to be noticed", lambda: Probes().count(0.01, 0.05)),
    ("a bake too short to look twice", lambda: Probes().check_rollout(Canary(percent=10, bake=timedelta(0)))),
)
"""Settings that are refused at synthesis: a description, and a function that raises the error."""


def tables() -> dict[str, str]:
    """The Markdown of each table of docs/real-time-inference.md, by name."""
    return {
        "probes": probes(),
        "alarms": alarms(),
        "refused": refused(),
        "decision-alarms": alarms_of_decisions(),
    }


def monitoring_tables() -> dict[str, str]:
    """The Markdown of each table of docs/monitoring.md, by name."""
    return {"monitor-metrics": monitor_metrics(), "monitor-alarms": monitor_alarms()}


def task_tables() -> dict[str, str]:
    """The Markdown of each table of docs/model-tasks.md, by name."""
    return {"task-steps": task_steps(), "task-metrics": task_metrics()}


def algorithm_tables() -> dict[str, str]:
    """The Markdown of each table of docs/algorithms.md, by name."""
    return {"algorithms": algorithms(), "task-algorithms": task_algorithms()}


def algorithms() -> str:
    """The table of the built-in algorithms."""
    head = ["constructor", "tasks of a table", "records", "instances", "answers are read as", "runs here"]
    return _table(head, (_algorithm(algorithm_facts(name)) for name in algorithm_names()))


def _algorithm(facts: AlgorithmFacts) -> list[str]:
    kinds = " or ".join({"cpu": "CPU", "gpu": "GPU"}[kind] for kind in facts.processors)
    only = " or ".join(f"`{name}={value}`" for name, among in facts.parallel_when.items() for value in among)
    only = only or ("`code_uri`" if facts.jumpstart else "")
    several = "one" if not facts.parallel else f"several with {only}, else one" if only else "one or several"
    records = (
        ", ".join(f"`{kind}`" for kind in facts.training_types)
        if not facts.tasks
        else " or ".join(dict.fromkeys(f"`{records_of(facts, task).training_type}`" for task in facts.tasks))
    )
    answers = records_of(facts, facts.tasks[0]).answers if facts.tasks else ""
    return [
        f"`BuiltInAlgorithm.{facts.method}`" + (" (unverified)" if facts.unverified else ""),
        ", ".join(f"`{task}`" for task in facts.tasks) or "none: `Channels`",
        records,
        f"{kinds}, {several}",
        f"`{answers}`" if answers else "numbers" if facts.tasks else "the algorithm's own",
        _runs_here(facts.name),
    ]


def _runs_here(name: str) -> str:
    """Whether the embedded AWS has a stand-in for an algorithm."""
    if name == "randomcutforest":
        return "similar: an isolation forest"
    return "yes" if name in (*STAND_INS, "xgboost") else "no"


def task_algorithms() -> str:
    """The table of the algorithms that train each task of a table."""
    rows = (
        [
            f"`{task}`",
            ", ".join(f"`BuiltInAlgorithm.{algorithm_facts(name).method}`" for name in algorithms_of(task)),
        ]
        for task in TASKS
    )
    return _table(["task", "trained by"], rows)


def task_steps() -> str:
    """The table of what task runs in which step of a model's life."""
    names = [name.replace("_", " ") for name in STEPS]
    cells = ([runs(step, task) for task in TASKS] for step in STEPS)
    return _table(
        ["step", *(f"`{task}`" for task in TASKS)],
        ([name, *row] for name, row in zip(names, cells, strict=True)),
    )


def task_metrics() -> str:
    """The table of the metrics of each task, the main one first, and of its baseline."""

    def shown(task: str) -> str:
        main = main_metric(task)
        others = [f"`{name}`" for name in metric_names(task, ("<class>",)) if name != main]
        return ", ".join([f"**`{main}`**", *others])

    return _table(
        ["task", "metrics, the main one first", "baseline"],
        ([f"`{task}`", shown(task), PREDICTORS[task]] for task in TASKS),
    )


def monitor_metrics() -> str:
    """The table of the metrics that a monitor publishes for each window."""
    enough = {
        (): "",
        ROWS: ", with `least_rows` rows",
        LABELLED: ", `least_rows` of them",
        COMPARED: ", with `least_rows` rows compared",
    }
    moments = {
        "judged": "is computed first",
        "labelled": "has labels",
        "due": "has labels, and they were due",
    }
    return _table(
        ["metric", "meaning", "published when a window"],
        ([f"`{row.name}`", row.meaning, moments[row.moment] + enough[row.counted]] for row in METRICS),
    )


def monitor_alarms() -> str:
    """The table of a monitor's alarms, with an example of a bound on accuracy."""
    labels, consistency = Labels(uri="s3://bucket/labels/"), Consistency()
    specs = MonitorAlarms(accuracy={"auc": 0.65}).specs(
        least_coverage=labels.least_coverage, moved_share=consistency.share
    )
    return _table(
        ["alarm", "metric", "in ALARM when a window"],
        ([f"`{spec.key}`", f"`{spec.metric}`", spec.says] for spec in specs),
    )


def probes() -> str:
    """The table of probe requests per check, by the new fleet's traffic share and the share to detect."""
    wide, offered = Probes(most=MAX_PROBES), Probes()

    def cell(share: float, quality_share: float) -> str:
        count = wide.count(share, quality_share)
        return f"{count:,}" if count <= offered.most else f"{count:,} (refused)"

    head = ["the new fleet's share", "to see it at all", *(f"`quality_share={q:g}`" for q in QUALITY_SHARES)]
    rows = (
        [f"{share:.0%}", f"{wide.to_see(share):,}", *(cell(share, quality) for quality in QUALITY_SHARES)]
        for share in SHARES
    )
    return _table(head, rows)


def alarms() -> str:
    """The table of the metric of each bound of `RollbackAlarms`, and its default."""
    default, rows = RollbackAlarms(), []
    for argument, alone in _ALARMS:
        (spec,) = alone.specs()
        usual = getattr(default, argument)
        rows.append(
            [
                f"`{argument}`",
                f"`{spec.metric}` in `{spec.namespace}`",
                spec.statistic,
                spec.unit,
                "not watched" if usual is None else f"above {usual:g}",
            ]
        )
    return _table(["argument", "metric", "statistic", "unit", "default"], rows)


def refused() -> str:
    """The table of refused settings with their error messages."""
    return _table(["argument", "refused with"], ([what, _words(make)] for what, make in REFUSED))


def alarms_of_decisions() -> str:
    """The table of a decision API's alarms, on API Gateway's metrics and those of its functions."""
    watched = (
        *decision_alarms.of_gateway("api", timedelta(seconds=1)),
        *decision_alarms.of_decisions("api", looks_up=True, acts=True),
    )
    return _table(
        ["alarm", "metric", "in ALARM when the API"],
        ([f"`{row.id_}`", f"`{row.metric}` in `{row.namespace}`", row.meaning] for row in watched),
    )


def conformance_tables() -> dict[str, str]:
    """By name: the tables of docs/conformance.md."""
    return {"beliefs": beliefs()}


def beliefs() -> str:
    """The table of what is believed about AWS, and of the page that says it."""
    return _table(
        ["probe", "group", "belief", "stands on", "relied on in"],
        (
            [
                f"`{probe.id}`",
                probe.group,
                probe.belief,
                f"[page]({probe.source})",
                f"[{probe.page}]({probe.page})",
            ]
            for probe in PROBES
        ),
    )


def written(text: str) -> str:
    """The document with its tables generated again.

    Raises:
        KeyError: when a mark names an unknown table.
    """
    rendered = {
        **tables(),
        **monitoring_tables(),
        **task_tables(),
        **algorithm_tables(),
        **conformance_tables(),
    }
    return _MARKED.sub(lambda match: f"{match['mark']}{rendered[match['name']]}{match['end']}", text)


def _words(make: Callable[[], object]) -> str:
    try:
        make()
    except ValueError as error:
        return str(error).replace("|", "\\|")
    raise AssertionError(f"{make} is not refused any more: the document must not say so.")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the tables into the documents."""
    for document in (DOCUMENT, MONITORING, TASK_PAGE, ALGORITHM_PAGE, CONFORMANCE_PAGE):
        document.write_text(written(document.read_text()))


if __name__ == "__main__":
    main()
