"""The training of a retraining: the states that execute the training machine and judge its result."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.tasks import events
from mdlc_constructs.tasks.execution import TAKEN, run_execution
from mdlc_constructs.workflows.ending import ERROR, event
from mdlc_constructs.workflows.retraining.conclusion import lost, result
from mdlc_constructs.workflows.retraining.settings import TRAINING, RetrainingSettings

STARTED = "Retraining Started"

CHILDS_FAILURE = {
    # The cause describes the other execution as JSON, which may be truncated, so it is not parsed.
    "Error": f'{{% ($said := $match($states.errorOutput.Cause, /"Error"\\s*:\\s*"([^"]+)"/); '
    f"$exists($said) ? $said[0].groups[0] : {ERROR.removeprefix('{%').removesuffix('%}').strip()}) %}}",
    "Cause": "{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : 'No cause was given.' %}",
}
"""The failure of a nested execution, with that execution's own error name."""

CLAIM_AGAIN = Catch(errors=(TAKEN,), next="Claim", output={})
"""Catches an execution name that is already taken: look up which execution has it."""


def publish_start(settings: RetrainingSettings) -> Task:
    """`PublishStart`: the event `Retraining Started`."""
    detail = {"request_id": "{% $work.request_id %}", "triggers": "{% $work.triggers %}"}
    return events.put_events("PublishStart", events=(event(settings.model, STARTED, detail),), output={})


def train(settings: RetrainingSettings) -> Task:
    """Start the training machine and wait for it, also when an execution of this request already runs."""
    return run_execution(
        "Train",
        machine=f"{settings.model}-{TRAINING}",
        execution_name="{% $work.training.name %}",
        input="{% $work.training.input %}",
        kms_key_arn=KEY_ARN,
        timeout_seconds=settings.training_seconds,
        assign={
            "trained": "{% $states.result.Output %}",
            "plan": {"run": "{% $states.result.Output.run %}", "data_version": "none"},
        },
        output={},
        catch=(CLAIM_AGAIN, Catch(next="ConcludeFailure", assign={"failure": CHILDS_FAILURE})),
        comment="Challenger and champion meet on the same fresh holdout; the gate asks for a significant win",
    )


def train_verdict() -> Choice:
    """`TrainVerdict`: a challenger that the gate rejected has lost, unless its training was Unchanged."""
    refused = "$trained.passed != 'true'"
    return Choice(
        name="TrainVerdict",
        rules=(
            Rule(
                condition=f"{{% {refused} and $trained.outcome = 'Unchanged' %}}",
                next="RecordAudit",
                assign=result("Unchanged", "{% $trained.reasons %}"),
            ),
            Rule(condition=f"{{% {refused} %}}", next="RecordAudit", assign=lost("{% $trained.reasons %}")),
        ),
    )
