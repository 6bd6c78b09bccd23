"""The monitoring machine: a pure function from settings to states.

On success it enters Plan, Resume, (CreateModel when answers are replayed and the package's model was
deleted), MonitorWindows (with WindowStands, MonitorWindow, ReplayWanted, ScoreReplay, CompareAnswers and
RecordWindow inside, once a window), WindowsVerdict and RecordAudit. When no window is due, Resume goes to
RecordAudit.
"""

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Map, Rule, State
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout
from mdlc_constructs.workflows.ending import TO_FAILURE, recorded
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.monitoring.windows import window_machine
from mdlc_constructs.workflows.parts import Parts, machine_function
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.scoring import package_model

FAILED = "Monitoring Failed"
"""Detail type of the event of a failed execution; each window has an event of its own."""

STEPS = ("create_model", "monitor_windows")
"""The steps that can be replaced (`create_<step>_task`) and surrounded (`before_<step>`, `after_<step>`)."""

_RECORDED = "$states.result[outcome = 'Recorded']"
_DRIFTED = "$states.result[drifted = true]"


def steps_of(settings: MonitoringSettings) -> tuple[str, ...]:
    """The machine's steps: `create_model` is only needed when answers are replayed."""
    return STEPS if settings.consistency is not None else STEPS[1:]


def monitor_windows(settings: MonitoringSettings) -> Map:
    """Process every window that is not recorded yet or has new labels.

    Windows run one after another when each is compared with the one before it.
    """
    return Map(
        name="MonitorWindows",
        items="{% $plan.windows %}",
        processor=window_machine(settings),
        max_concurrency="{% $plan.parallel %}",
        assign={
            "result": {
                "outcome": "Succeeded",
                "windows": f"{{% $string([{_RECORDED}.id]) %}}",
                "drifted": f"{{% $string([{_DRIFTED}.id]) %}}",
                "rows": f"{{% $string($sum([0, {_RECORDED}.rows])) %}}",
                "failed": "{% $join([$states.result[outcome = 'Failed'].(id & ' failed with ' & error & ': ' "
                "& cause)], ' ') %}",
            }
        },
        output={},
        catch=(taken("MonitorWindows"), TO_FAILURE),
        comment="One report a window; a window that fails does not stop the others",
    )


def windows_verdict() -> Choice:
    """`WindowsVerdict`: fail the execution when a window failed; the next execution tries it again."""
    failed = Rule(
        condition="{% $result.failed != '' %}",
        next="RecordFailure",
        assign={"failure": {"Error": "WindowFailed", "Cause": "{% $result.failed %}"}},
    )
    return Choice(name="WindowsVerdict", rules=(failed,))


def default_tasks(settings: MonitoringSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    models = {"create_model": package_model(settings.model, settings.network)}
    return {
        **({} if settings.consistency is None else models),
        "monitor_windows": monitor_windows(settings),
    }


@machine_function(lambda settings: settings.workflow, steps_of, default_tasks)
def monitoring_machine(settings: MonitoringSettings, parts: Parts) -> Machine:
    """Assemble the monitoring machine."""
    steps = steps_of(settings)
    kept = {
        "monitor": settings.kind,
        "windows": "{% $result.windows %}",
        "drifted": "{% $result.drifted %}",
        "rows": "{% $result.rows %}",
    }
    nothing = {"outcome": "Unchanged", "windows": "[]", "drifted": "[]", "rows": "0", "failed": ""}
    template = Template(
        workflow=settings.workflow,
        model=settings.model,
        comment=f"Monitors what {settings.model} is asked and answers, window by window",
        steps=steps,
        jobs=steps,
        verdicts={"monitor_windows": windows_verdict()},
        variables=(),
        planner="${PlanMonitoringFunction}",
        settings=settings.to_plan(),
        unchanged={"result": nothing},
        ending=StateSequence.of(
            recorded(
                settings.model,
                settings.workflow,
                fields=kept,
                output={"outcome": "{% $result.outcome %}", **kept},
            )
        ),
        failure_event=FAILED,
        failure_fields={"monitor": settings.kind},
        timeout_seconds=machine_timeout(settings.job_compute, settings.scoring_compute) * _ROUNDS,
    )
    return assemble(template, parts)


_ROUNDS = 4
"""Factor of the timeout, because missed windows are computed one after another."""
