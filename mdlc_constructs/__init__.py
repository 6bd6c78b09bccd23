"""Model development life cycle workflows as AWS CDK constructs. Everything public is importable from here.

Names are exported lazily: a row of `_MODULES` says where a name lives, and the block under `TYPE_CHECKING` says the
same to type checkers (a test holds the two together).
"""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.asl.machine import Machine as Machine
    from mdlc_constructs.asl.machine import MachineError as MachineError
    from mdlc_constructs.asl.sequence import Sequence as Sequence

_MODULES = {
    "Machine": "mdlc_constructs.asl.machine",
    "MachineError": "mdlc_constructs.asl.machine",
    "Sequence": "mdlc_constructs.asl.sequence",
}

__all__ = [*_MODULES]

__getattr__, __dir__ = lazily(__name__, _MODULES)
