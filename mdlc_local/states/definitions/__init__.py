"""Validates definitions in the Amazon States Language, with Step Functions' error messages.

Nothing is run and no resource is looked up. Sources: the Amazon States Language specification, the Step
Functions Developer Guide, `ValidateStateMachineDefinitionDiagnostic` in its API reference (the codes), and
recorded or quoted answers of AWS. Where AWS's message is not known, a message of the same form is used. What
AWS is not known to reject is accepted.
"""

from mdlc_local.states.definitions.document import problems_of, refusal
from mdlc_local.states.definitions.places import Problem

__all__ = ["Problem", "problems_of", "refusal"]
