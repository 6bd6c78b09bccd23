"""The training of a retraining: the training machine, started and followed, and what came of it."""

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
    # The cause describes the other execution, as JSON that may be cut off, so that it is not parsed.
    "Error": f'{{% ($said := $match($states.errorOutput.Cause, /"Error"\\s*:\\s*"([^"]+)"/); '
    f"$exists($said) ? $said[0].groups[0] : {ERROR.removeprefix('{%').removesuffix('%}').strip()}) %}}",
    "Cause": "{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : 'No cause was given.' %}",
}
"""The failure of an execution that a task followed, under that execution's own error."""

CLAIM_AGAIN = Catch(errors=(TAKEN,), next="Claim", output={})
"""The name was taken meanwhile: look again what has it."""


def publish_start(settings: RetrainingSettings) -> Task:
    """`PublishStart`: the event `Retraining Started`."""
    detail = {"request_id": "{% $work.request_id %}", "triggers": "{% $work.triggers %}"}
    return events.put_events("PublishStart", events=(event(settings.model, STARTED, detail),), output={})


def train(settings: RetrainingSettings) -> Task:
    """Start the training machine and follow it; a training of this request that runs already is awaited."""
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
    """`TrainVerdict`: a challenger that the gate refused has lost; the same work done again is none."""
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
