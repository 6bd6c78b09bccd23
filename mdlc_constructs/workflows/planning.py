"""The beginning of every workflow: plan the execution, then resume where an earlier equal one stopped."""

from collections.abc import Iterable, Mapping

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.sizes import MAX_DATA_BYTES, least_bytes
from mdlc_constructs.asl.states import Choice, Rule, State, Wait
from mdlc_constructs.resources.places import AUDIT_TABLE, BUCKET, PACKAGE_GROUP
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.workflows.ending import CAUSE, ERROR, FAILURE

NOTHING_PLANNED = {"run": "none", "data_version": "none"}


def taken(step: str) -> Catch:
    """Catches the error of a job's name in use: another execution started the job first, so plan again."""
    return Catch(
        errors=("SageMaker.ResourceInUse", "SageMaker.ResourceInUseException"),
        next="Plan",
        # Passed as the next state's input, not as a variable, which would still be set after the next plan.
        output={
            "taken": {
                "step": step,
                "error": ERROR,
                "cause": CAUSE,
            }
        },
    )


# A rejected call has the same error name as throttling: retry, but only a few times.
FEW_RETRIES = (Retry(errors=("SageMaker.AmazonSageMakerException",), max_attempts=2),)

REFUSED = ("SageMaker.AmazonSageMakerException", "SageMaker.ValidationException")


def planned_again(step: str, errors: tuple[str, ...] = REFUSED) -> Catch:
    """Catches the error of a rejected call: another execution may have been first, so plan again.

    When there was no other execution, `Plan` fails with the caught error.
    """
    return Catch(errors=errors, next="Plan", output=taken(step).output)


def plan(
    *,
    model: str,
    settings: Mapping[str, object],
    requests: Mapping[str, str],
    bound: Mapping[str, str],
    verdicts: Iterable[str],
    function_arn: str,
    replaced: Iterable[str] = (),
) -> State:
    """`Plan`: the state whose result all following states read.

    Args:
        model: the model's name.
        settings: the settings in the form of the jobs' `plan.json`.
        requests: a digest of each step's AWS request, which changes with every argument of the request.
        bound: values of the placeholders and tokens in the requests, so that the digests cover them too.
        verdicts: variables that the plan restores from jobs completed earlier.
        function_arn: ARN of the planning function.
        replaced: names of replaced states that do not start a SageMaker job of their step's kind.

    Raises:
        ValueError: when the settings exceed the maximum input of a state; names the largest of them.
    """
    others = {"replaced": list(replaced)} if replaced else {}
    payload = {
        "model": model,
        "settings": dict(settings),
        "requests": dict(requests),
        **others,
        "bound": dict(bound),
        "home": {"bucket": BUCKET, "table": AUDIT_TABLE, "group": PACKAGE_GROUP},
        "input": "{% $states.context.Execution.Input %}",
        "execution": {
            "id": "{% $states.context.Execution.Id %}",
            "started_at": "{% $states.context.Execution.StartTime %}",
        },
        "taken": "{% $exists($states.input.taken) ? $states.input.taken : null %}",
    }
    _check_size({"FunctionName": function_arn, "Payload": payload}, settings)
    return lambda_.invoke(
        "Plan",
        function_arn=function_arn,
        payload=payload,
        assign={
            "plan": "{% $states.result.Payload %}",
            **{verdict: f"{{% $states.result.Payload.{verdict} %}}" for verdict in verdicts},
        },
        output={},
        catch=(Catch(next="RecordFailure", assign={"failure": FAILURE, "plan": NOTHING_PLANNED}),),
        comment="Pin the data version, derive names, find what an earlier execution already did",
    )


_KNOWN_LATER = 140
"""Least size in bytes of the arguments that are known only at run time: the ARNs of the function and the
execution, two timestamps, an empty input, names of bucket and table."""

REMEDIES = {
    "dataset": "leave columns that nothing is learned from out of columns (files may hold more), or give "
    "columns shorter names",
    "quality": "give fewer ranges and accepted_values",
}
"""How to make a section of the settings smaller."""


def _check_size(arguments: Mapping[str, object], settings: Mapping[str, object]) -> None:
    size = least_bytes(arguments) + _KNOWN_LATER
    if size <= MAX_DATA_BYTES:
        return
    sections = {name: least_bytes(section) for name, section in settings.items()}
    largest = max(sections, key=lambda name: sections[name])
    raise ValueError(
        f"{largest}: the state Plan would be given {size} bytes of JSON, {sections[largest]} of them for "
        f"{largest}, and Step Functions gives a state {MAX_DATA_BYTES} at the most: "
        f"{REMEDIES.get(largest, f'make {largest} smaller')}."
    )


TAGS = "{% $plan.tags %}"
"""The state machine's own tags, which the resources that it creates get too."""

DONE = "Done"
"""The plan's step when an earlier execution completed the whole run: only the record is missing."""


def on_step(step: str, next_: str, assign: Mapping[str, object] | None = None) -> Rule:
    """The rule to a state for a plan that continues at a step."""
    return Rule(condition=f"{{% $plan.step = '{step}' %}}", next=next_, assign=assign)


def resume(entries: Mapping[str, str], *, finished: Rule) -> tuple[State, ...]:
    """`Resume` (to the first step that is not done) and `WaitForOther` (another execution works on the run).

    Args:
        entries: maps each value of the plan's `step` to its first state; the first is the default.
        finished: the rule for a run that an earlier execution completed.
    """
    first, *others = entries
    rules = [on_step(step, entries[step]) for step in others]
    rules += [on_step("Wait", "WaitForOther"), finished]
    choice = Choice(name="Resume", rules=tuple(rules), default=entries[first])
    # Each wait is longer than the last: transitions are billed, and a history is limited to 25,000 events.
    wait = Wait(name="WaitForOther", seconds="{% $plan.wait_seconds %}", next="Plan")
    return (choice, wait)
