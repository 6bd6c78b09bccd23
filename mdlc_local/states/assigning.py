"""Makes assigned variables visible from the next state on, but not in the state's own Output."""

from collections.abc import Callable
from typing import Any

from mdlc_local import patches

COMPONENT = "moto.stepfunctions.parser.asl.component"
ASSIGN = f"{COMPONENT}.common.assign.assign_decl:AssignDecl"
STATE = f"{COMPONENT}.state.state:CommonStateField"
EXECUTION_STATE = f"{COMPONENT}.state.exec.execute_state:ExecutionState"


def install() -> None:
    """Patch moto to delay assignments until the state's output is evaluated."""
    patches.wrap(ASSIGN, "_eval_body", "self env", lambda _: _evaluate)
    # The first function that moto calls after the output.
    patches.wrap(STATE, "_get_state_exited_event_details", "self env", _assigning_first)
    patches.wrap(EXECUTION_STATE, "_handle_catch", "self env failure_event", _forgetting)


def _evaluate(self: Any, env: Any) -> None:
    values: dict[str, Any] = {}
    for binding in self.declaration_bindings:
        binding.eval(env=env)
        values.update(env.stack.pop())
    env.held_assignments = values


def _assigning_first(describe: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def described(self: Any, env: Any) -> Any:
        for name, value in getattr(env, "held_assignments", {}).items():
            env.variable_store.set(variable_identifier=name, variable_value=value)
        env.held_assignments = {}
        return describe(self, env)

    return described


def _forgetting(catch: Callable[..., None]) -> Callable[..., None]:
    def catching(self: Any, env: Any, failure_event: Any) -> None:
        env.held_assignments = {}  # drop those of the failed attempt
        catch(self, env=env, failure_event=failure_event)

    return catching
