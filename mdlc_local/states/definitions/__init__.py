"""What Step Functions refuses of a definition in the Amazon States Language, and with which sentence.

Nothing is run here and no resource is looked up. Sources: the Amazon States Language specification, the Step
Functions Developer Guide, `ValidateStateMachineDefinitionDiagnostic` in its API reference (the codes), and
answers that AWS gave and others recorded or quoted. Where AWS's sentence is not known, ours stands in AWS's
form. Where it is not known that AWS refuses something, it is accepted.
"""

from mdlc_local.states.definitions.document import problems_of, refusal
from mdlc_local.states.definitions.places import Problem

__all__ = ["Problem", "problems_of", "refusal"]
