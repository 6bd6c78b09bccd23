"""What a training does about a version that waits for a person: its machine, and the command that decides."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.settings import Approval
from mdlc_constructs.tasks.execution import TAKEN, start_execution
from mdlc_constructs.workflows.approval.machine import WORKFLOW, command
from mdlc_constructs.workflows.ending import TO_FAILURE

_VERSION = "$split($result.package_arn, '/')[-1]"
"""A JSONata expression for the version's number."""


def start_approval(model: str, approval: Approval) -> StateSequence:
    """`NeedsPerson` and `StartApproval`: start the machine that waits beside a pending version.

    The execution is named after the version and its run, so that a repeated state starts nothing twice. The
    sequence is empty when the approval declares neither a reminder nor an expiry.
    """
    if not approval.is_timed:
        return StateSequence()
    decided = Rule(condition="{% $result.outcome != 'PendingApproval' %}", next="RecordAudit")
    start = start_execution(
        "StartApproval",
        machine=f"{model}-{WORKFLOW}",
        execution_name=f"{{% 'version-' & {_VERSION} & '-' & $substring($plan.run, 0, 40) %}}",
        input={
            "package_arn": "{% $result.package_arn %}",
            "version": f"{{% {_VERSION} %}}",
            "run": "{% $plan.run %}",
            "data_version": "{% $plan.data_version %}",
            "evaluation": "{% $result.evaluation %}",
        },
        kms_key_arn=KEY_ARN,
        output={},
        catch=(Catch(errors=(TAKEN,), next="RecordAudit"), TO_FAILURE),
        comment="Runs beside the version that waits; this execution does not wait for it",
    )
    return StateSequence.of(Choice(name="NeedsPerson", rules=(decided,)), start)


def approve_command(model: str) -> str:
    """A JSONata expression for the command that approves the version; empty text when it does not wait."""
    approve = command("approve", model, _VERSION)[2:-2].strip()
    return f"{{% $result.outcome = 'PendingApproval' ? {approve} : '' %}}"
