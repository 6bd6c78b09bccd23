"""The step that approves or rejects a registered package, of every kind of training."""

from typing import Protocol

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.settings import Approval
from mdlc_constructs.tasks.model_package import update_model_package
from mdlc_constructs.workflows.ending import TO_FAILURE


class Approved(Protocol):
    """Settings with the way in which versions are approved."""

    @property
    def approval(self) -> Approval:
        """Automatic or by a person."""
        ...


def decide(settings: Approved) -> Task:
    """Approve or reject by setting the package's approval status in the registry, the only source of it."""
    passed = "Approved" if settings.approval.is_automatic else "PendingManualApproval"
    outcome = "Succeeded" if settings.approval.is_automatic else "PendingApproval"
    return update_model_package(
        "Decide",
        package_arn="{% $package_arn %}",
        group_name=PACKAGE_GROUP,
        approval_status=f"{{% $gate.passed ? '{passed}' : 'Rejected' %}}",
        approval_description=(
            "{% $substring($gate.passed ? 'The gate passed.' "
            ": 'The gate refused: ' & $join($gate.reasons, ' '), 0, 1000) %}"
        ),
        assign={
            "result": {
                "outcome": f"{{% $gate.passed ? '{outcome}' : 'Refused' %}}",
                "package_arn": "{% $package_arn %}",
                "evaluation": "{% $plan.uris.evaluation %}",
                "passed": "{% $gate.passed ? 'true' : 'false' %}",
                "reasons": "{% $join($gate.reasons, ' ') %}",
                "metrics": "{% $string($gate.metrics) %}",
                "rows": "{% $exists($quality.rows) ? $string($quality.rows) : '' %}",
            }
        },
        output={},
        catch=(TO_FAILURE,),
    )
