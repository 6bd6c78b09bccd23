"""How every workflow begins: plan the execution, then go on where an earlier one of the same work stopped."""

from collections.abc import Iterable, Mapping

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.sizes import MAX_DATA_BYTES, least_bytes
from mdlc_constructs.asl.states import Choice, Rule, State, Wait
from mdlc_constructs.resources.places import AUDIT_TABLE, BUCKET, PACKAGE_GROUP
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.workflows.ending import CAUSE, ERROR, FAILURE

NOTHING_PLANNED = {"run": "none", "data_version": "none"}


def taken(step: str) -> Catch:
    """Catches a derived name that is taken already: another execution was quicker, so plan again."""
    return Catch(
        errors=("SageMaker.ResourceInUse", "SageMaker.ResourceInUseException"),
        next="Plan",
        # Handed on as the next state's input, not as a variable: it must not outlive the next plan.
        output={
            "taken": {
                "step": step,
                "error": ERROR,
                "cause": CAUSE,
            }
        },
    )


# A refused call answers under the same error as throttling does: try again, but not for minutes.
FEW_RETRIES = (Retry(errors=("SageMaker.AmazonSageMakerException",), max_attempts=2),)

REFUSED = ("SageMaker.AmazonSageMakerException", "SageMaker.ValidationException")


def planned_again(step: str, errors: tuple[str, ...] = REFUSED) -> Catch:
    """Catches a refused call: another execution may have been quicker, so plan again. The plan raises the
    error anew when none was.
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
    """`Plan`: the state that knows everything the following ones do.

    Args:
        settings: the nouns as the jobs' `plan.json` holds them.
        requests: each step's request digest, which changes with anything the step asks AWS for.
        bound: the values that the requests hold placeholders or tokens for, so that the digests cover them.
        verdicts: variables that the plan restores from jobs completed earlier.
        replaced: states that start no SageMaker job of their step's kind.

    Raises:
        ValueError: when the settings are larger than what a state may be given, naming the largest of them.
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
"""The fewest bytes of what the arguments hold besides and is known only at run time: the function's and the
execution's ARNs, two moments, an empty input, names of bucket and table."""

REMEDIES = {
    "dataset": "leave columns that nothing is learned from out of columns (files may hold more), or give "
    "columns shorter names",
    "quality": "give fewer ranges and accepted_values",
}
"""What makes a section of the settings smaller."""


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
"""The state machine's own tags, for what it makes."""

DONE = "Done"
"""The plan's step when the whole run was finished before: only the record is left to write."""


def on_step(step: str, next_: str, assign: Mapping[str, object] | None = None) -> Rule:
    """To a state when the plan goes on with a step."""
    return Rule(condition=f"{{% $plan.step = '{step}' %}}", next=next_, assign=assign)


def resume(entries: Mapping[str, str], *, finished: Rule) -> tuple[State, ...]:
    """`Resume` (to the first step that is not done) and `WaitForOther` (another execution is at it).

    Args:
        entries: what the plan may name as its step, to the state that begins it; the first is the default.
        finished: where to when the whole run was finished before.
    """
    first, *others = entries
    rules = [on_step(step, entries[step]) for step in others]
    rules += [on_step("Wait", "WaitForOther"), finished]
    choice = Choice(name="Resume", rules=tuple(rules), default=entries[first])
    # The longer it waited, the longer it waits again: rounds are billed, a history holds 25,000 events.
    wait = Wait(name="WaitForOther", seconds="{% $plan.wait_seconds %}", next="Plan")
    return (choice, wait)
