"""The states inside the map: they process one window. Pure data.

A window whose job is already complete, but which is not recorded, skips the job; one without captures goes
straight to the record. Every failure leads to `WindowFailed`, so that the other windows continue. Only a
job name that is already taken fails the map, which then returns to `Plan`.

Each state's output is the window as the plan describes it, with the results so far.
"""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, Fail, Pass, Rule, State, Task
from mdlc_constructs.resources.places import AUDIT_TABLE, BUCKET
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.workflows.data_jobs import data_job
from mdlc_constructs.workflows.ending import CAUSE, ERROR, caught_error
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.scoring import ask_in_batch, planned_records

MONITOR, RECORD, FAILED, TAKEN = "MonitorWindow", "RecordWindow", "WindowFailed", "NameTaken"
REPLAY, COMPARE = "ScoreReplay", "CompareAnswers"

_MAX_CHARACTERS = 500
"""Maximum length of a failure's cause: the causes of many windows must fit into one state's output."""

_WINDOW = "{% $states.input %}"
_IN_USE = taken(MONITOR).errors


def _with(name: str, value: str) -> str:
    """An expression: the window with one more member."""
    return f"{{% $merge([$states.input, {{'{name}': {value}}}]) %}}"


def _inside(text: str) -> str:
    """An expression without its `{% %}` delimiters."""
    return text.removeprefix("{%").removesuffix("%}").strip()


def _failed(before: str = "''") -> Catch:
    """A catch that leads to `WindowFailed`, with the expression `before` as prefix of the cause."""
    cause = f"{before} & ({_inside(CAUSE)})"
    return Catch(
        next=FAILED,
        output=_with("failure", f"{{'Error': {_inside(ERROR)}, 'Cause': {cause}}}"),
    )


_GIVEN_UP = (
    "($states.input.last_attempt ? 'Given up, because its jobs fail again and again: start the machine with "
    "this window to have it done. ' : '')"
)
"""Added to the cause of a window's last attempt, because later executions do not report it again."""


def monitor_window(settings: MonitoringSettings) -> Task:
    """The job that compares one window with the baseline, the window before, and the labels so far."""
    batch = settings.kind == "batch"
    return data_job(
        MONITOR,
        command="monitor",
        label="monitor",
        model=settings.model,
        role_arn="${MonitorRole}",
        wheels="${MonitorWheels}",
        job_name="{% $states.input.job %}",
        plan="{% $states.input.plan %}",
        inputs={
            "program": "{% $states.input.program %}",
            "baseline": "{% $states.input.baseline %}",
            "previous": "{% $states.input.previous %}",
        },
        manifests={
            "captured": "{% $states.input.captured %}",
            "labels": "{% $states.input.labels %}",
            **({"raw": "{% $states.input.raw %}"} if batch else {}),
        },
        outputs={"monitoring": "{% $states.input.folder %}"},
        compute=settings.job_compute,
        network=settings.network,
        output=_with("verdict", "$parse($states.result.ExitMessage)"),
        catch=(
            Catch(
                errors=_IN_USE,
                next=TAKEN,
                output={"Error": ERROR, "Cause": CAUSE},
            ),
            _failed(_GIVEN_UP),
        ),
        comment="Drift, accuracy, skew, quality: one report a window",
    )


def record_window(settings: MonitoringSettings) -> Task:
    """Record a window's results: CloudWatch metrics, the event, and last the window's item."""
    return lambda_.invoke(
        RECORD,
        function_arn="${RecordWindowsFunction}",
        payload={
            "model": settings.model,
            "monitor": settings.kind,
            "bucket": BUCKET,
            "table": AUDIT_TABLE,
            "execution": {
                "id": "{% $states.context.Execution.Id %}",
                "started_at": "{% $states.context.Execution.StartTime %}",
            },
            "labels": (
                None
                if settings.labels is None
                else {"delay_seconds": int(settings.labels.delay.total_seconds())}
            ),
            "least_rows": settings.least_rows,
            **({"by_class": list(settings.alarmed_by_class)} if settings.alarmed_by_class else {}),
            "window": _WINDOW,
        },
        output="{% $states.result.Payload %}",
        catch=(_failed(),),
        comment="Metrics, event, item",
    )


def _replays(settings: MonitoringSettings) -> tuple[State, ...]:
    """`ReplayWanted`, `ScoreReplay`, `CompareAnswers`: check that the same input gets the same answer."""
    consistency = settings.consistency
    assert consistency is not None
    return (
        Choice(
            name="ReplayWanted",
            rules=(
                Rule(
                    condition="{% $not($states.input.replay) or $number($states.input.verdict.rows) < 1 %}",
                    next=RECORD,
                ),
                Rule(condition="{% $states.input.replay_job = '' %}", next=COMPARE),
            ),
            default=REPLAY,
        ),
        ask_in_batch(
            REPLAY,
            job_name="{% $states.input.replay_job %}",
            name_pattern=f"{settings.model}-replay-*",
            model_name="{% $states.input.model %}",
            # The ending depends on the records that the package takes; the prefix finds it.
            input_uri="{% $states.input.folder & 'replay/features' %}",
            output_uri="{% $states.input.scores %}",
            records=settings.records or planned_records("$plan.package.records"),
            compute=settings.scoring_compute,
            output=_WINDOW,
            # If the package's own answers are missing, the endpoint's are still compared.
            catch=(
                Catch(next=COMPARE, output=_with("replay_failed", _inside(caught_error(_MAX_CHARACTERS)))),
            ),
            comment="The registered package answers the captured rows anew",
        ).linked(COMPARE),
        lambda_.invoke(
            COMPARE,
            function_arn="${ReplayAnswersFunction}",
            payload={
                "model": settings.model,
                "bucket": BUCKET,
                "endpoint": settings.endpoint,
                "settings": encode(consistency.to_plan()),
                "window": _WINDOW,
            },
            output=_with("consistency", "$states.result.Payload"),
            catch=(
                Catch(
                    next=RECORD,
                    output=_with("consistency", f"{{'notes': [{_inside(caught_error(_MAX_CHARACTERS))}]}}"),
                ),
            ),
            next=RECORD,
            comment="Captured, now, and the package's",
        ),
    )


def window_machine(settings: MonitoringSettings) -> Machine:
    """The machine that processes one window."""
    replays = _replays(settings) if settings.consistency is not None else ()
    following = replays[0].name if replays else RECORD
    stands = Choice(
        name="WindowStands",
        rules=(
            Rule(condition="{% $exists($states.input.failure) %}", next=FAILED),
            Rule(condition="{% $states.input.job = '' %}", next=RECORD),
            Rule(condition="{% $states.input.adopted = true %}", next=following),
        ),
        default=MONITOR,
    )
    failed = Pass(
        name=FAILED,
        output={
            "id": "{% $states.input.id %}",
            "outcome": "Failed",
            "error": "{% $states.input.failure.Error %}",
            "cause": f"{{% $substring($states.input.failure.Cause, 0, {_MAX_CHARACTERS}) %}}",
        },
    )
    return Machine(
        (
            stands,
            monitor_window(settings).linked(following),
            *replays,
            record_window(settings),
            failed,
            Fail(name=TAKEN, error="{% $states.input.Error %}", cause="{% $states.input.Cause %}"),
        )
    )
