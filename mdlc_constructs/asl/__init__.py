"""State machines as plain data: states, permissions, machines and their checks. Without aws_cdk."""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.asl.checks import check as check
    from mdlc_constructs.asl.diagram import mermaid as mermaid
    from mdlc_constructs.asl.diagram import svg as svg
    from mdlc_constructs.asl.failures import THROTTLING_RETRY as THROTTLING_RETRY
    from mdlc_constructs.asl.failures import Catch as Catch
    from mdlc_constructs.asl.failures import Retry as Retry
    from mdlc_constructs.asl.failures import throttling_retry as throttling_retry
    from mdlc_constructs.asl.foreign import Foreign as Foreign
    from mdlc_constructs.asl.machine import Machine as Machine
    from mdlc_constructs.asl.machine import MachineError as MachineError
    from mdlc_constructs.asl.placeholders import placeholder as placeholder
    from mdlc_constructs.asl.sequence import StateSequence as StateSequence
    from mdlc_constructs.asl.statements import Statement as Statement
    from mdlc_constructs.asl.statements import covers as covers
    from mdlc_constructs.asl.statements import merge as merge
    from mdlc_constructs.asl.states import Choice as Choice
    from mdlc_constructs.asl.states import Fail as Fail
    from mdlc_constructs.asl.states import Map as Map
    from mdlc_constructs.asl.states import Parallel as Parallel
    from mdlc_constructs.asl.states import Pass as Pass
    from mdlc_constructs.asl.states import Rule as Rule
    from mdlc_constructs.asl.states import State as State
    from mdlc_constructs.asl.states import Succeed as Succeed
    from mdlc_constructs.asl.states import Task as Task
    from mdlc_constructs.asl.states import Wait as Wait
    from mdlc_constructs.asl.transitions import cost_usd as cost_usd
    from mdlc_constructs.asl.transitions import count_transitions as count_transitions
    from mdlc_constructs.asl.transitions import entered_states as entered_states

__getattr__, __dir__ = lazily(__name__)
