"""The approval machine as a construct, which a training workflow creates when its approval is timed."""

from constructs import Construct

from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings import Approval
from mdlc_constructs.workflows.approval.machine import WORKFLOW, ApprovalSettings, approval_machine
from mdlc_constructs.workflows.construct import Source, Workflow


class ApprovalWorkflow(Workflow):
    """Reminds of a version that waits for a person's approval, and rejects it when nobody decides in time.

    Args:
        home: the model's home.
        approval: when to remind and when to reject.

    Raises:
        ValueError: when the approval declares neither.
    """

    steps = ()

    def __init__(self, scope: Construct, id_: str, *, home: ModelHome, approval: Approval) -> None:
        settings = ApprovalSettings(model=home.name, approval=approval)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        self.build(approval_machine(settings), bindings={})

    @property
    def sources(self) -> tuple[Source, ...]:
        """None: the machine reads no data."""
        return ()
