"""The states from the start to the lease: coalesce triggers, wait, request the lease, claim the triggers.

    Begin -> CoalesceTriggers -> TriggersCoalesced -> WaitForMore -> AskLease -> LeaseVerdict -> Claim ->
    Claimed

A retraining that waited in the queue checks again once it has the lease: when another retraining ended
meanwhile, it first waits for that one's cool-down.
"""

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.failures import Retry, throttling_retry
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Pass, Rule, Task, Wait
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.integration import StateOptions
from mdlc_constructs.workflows.ending import input_text
from mdlc_constructs.workflows.planning import NOTHING_PLANNED
from mdlc_constructs.workflows.retraining.settings import MAX_QUEUE_TIME, RetrainingSettings

FUNCTION = "PlanRetraining"
"""Its handler is `lambdas.functions.plan_retraining.handler.handler`."""

KILLED = Retry(
    errors=("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"), interval_seconds=2, max_attempts=4
)
"""Retry for a function that crashed or timed out: all its steps are idempotent."""

_FUNCTION_ARN = f"${{{FUNCTION}Function}}"
_RETRY = (*throttling_retry("Lambda"), KILLED)

EXECUTION = {
    "id": "{% $states.context.Execution.Id %}",
    "name": "{% $states.context.Execution.Name %}",
    "started_at": "{% $states.context.Execution.StartTime %}",
}


def step(name: str, asked: str, payload: Mapping[str, object], **state: Unpack[StateOptions]) -> Task:
    """A task that invokes the planning function with the name of one of its steps."""
    state["retry"] = _RETRY
    return lambda_.invoke(name, function_arn=_FUNCTION_ARN, payload=_payload(asked, payload), **state)


def step_for_token(
    name: str, asked: str, payload: Mapping[str, object], **state: Unpack[StateOptions]
) -> Task:
    """The same with a task token: the task ends when the token is sent back."""
    state["retry"] = _RETRY
    return lambda_.invoke_for_token(
        name, function_arn=_FUNCTION_ARN, payload=_payload(asked, payload), **state
    )


def _payload(asked: str, payload: Mapping[str, object]) -> dict[str, object]:
    return {"step": asked, "plan": "{% $settings %}", "execution": EXECUTION, **payload}


def begin(settings: RetrainingSettings) -> Pass:
    """`Begin`: initial values of all variables, so that a record can be written at any time."""
    return Pass(
        name="Begin",
        assign={
            "settings": encode(settings.to_payload()),
            "plan": NOTHING_PLANNED,
            "gathered": {"request_id": ""},
            "work": {
                "trigger": input_text("trigger", "manual"),
                "reason": input_text("reason", ""),
                "triggers": "[]",
                "window": "{}",
                "holdout": "{}",
                "training": {"arn": ""},
                "release": {"arn": ""},
            },
            "trained": {"outcome": "", "package_arn": "", "rows": ""},
            "release_execution": "",
        },
    )


def leased() -> StateSequence:
    """The states from `CoalesceTriggers` to `Claimed`."""
    coalesce = step(
        "CoalesceTriggers",
        "gather",
        {"input": "{% $states.context.Execution.Input %}"},
        assign={"gathered": "{% $merge([{'request_id': ''}, $states.result.Payload]) %}"},
        output={},
        comment="All triggers together; how long to wait for more of them, and for the cool-down",
    )
    ask = step_for_token(
        "AskLease",
        "ask",
        {"gathered": "{% $gathered %}"},
        assign={"lease": "{% $states.result %}"},
        output={},
        timeout_seconds=int(MAX_QUEUE_TIME.total_seconds()),
        comment="One retraining of a model at a time, within the fleet's budget; a release resumes it",
    )
    claim = step(
        "Claim",
        "claim",
        {"gathered": "{% $gathered %}"},
        assign={"claimed": "{% $states.result.Payload %}"},
        output={},
        comment="The triggers are this retraining's; on which rows, and what of it is done already",
    )
    return StateSequence.of(
        coalesce,
        Choice(
            name="TriggersCoalesced",
            rules=(Rule(condition="{% $gathered.step = 'Nothing' %}", next="Duplicate"),),
        ),
        Wait(name="WaitForMore", seconds="{% $gathered.seconds %}"),
        ask,
        Choice(
            name="LeaseVerdict",
            rules=(
                Rule(condition="{% $lease.lease in ['Duplicate', 'Ended'] %}", next="Duplicate"),
                Rule(
                    condition="{% $lease.lease != 'Held' %}",
                    next="ConcludeFailure",
                    assign={
                        "failure": {
                            "Error": "LeaseTooLarge",
                            "Cause": "A retraining asks for more instances than the fleet's budget has: "
                            "raise Budget(instances=...), or lower instances of the workflow.",
                        }
                    },
                ),
            ),
        ),
        claim,
        Choice(
            name="Claimed",
            rules=(
                Rule(condition="{% $claimed.step = 'Nothing' %}", next="Duplicate"),
                Rule(
                    condition="{% $claimed.step = 'Replaced' %}",
                    next="RecordAudit",
                    assign={
                        "result": {
                            "outcome": "Superseded",
                            "reasons": "The version that drifted or got worse is not the champion any more.",
                        }
                    },
                ),
                Rule(
                    condition="{% $claimed.step = 'Wait' %}",
                    next="WaitForMore",
                    assign={"gathered": "{% $claimed %}"},
                ),
                Rule(
                    condition="{% $claimed.step = 'Trained' %}",
                    next="TrainVerdict",
                    assign={
                        "work": "{% $claimed %}",
                        "trained": "{% $claimed.trained %}",
                        "plan": {"run": "{% $claimed.trained.run %}", "data_version": "none"},
                    },
                ),
            ),
            assign={"work": "{% $claimed %}"},
        ),
    )


def release_capacity() -> Task:
    """`ReleaseCapacity`: give the share of the budget back, because the states that follow train nothing."""
    return step(
        "ReleaseCapacity",
        "rest",
        {"gathered": "{% $gathered %}"},
        output={},
        comment="The share of the budget goes back; the model's own lease stays",
    )
