"""TestState: runs one state with the interpreter that runs executions, with a mock in place of the service.

The state becomes a machine of its own: each state that it may go to ends that machine. A retrier is turned
into a catcher before the state's own, because TestState does not retry, but says that it would (`RETRIABLE`).
Sources: the API's model, and "Using TestState API to test a state" in the Step Functions Developer Guide.
What the machines of this project do not need is refused by name.
"""

import importlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core import responses

from mdlc_local import patches
from mdlc_local.states import control_plane
from mdlc_local.states.definitions import problems_of, refusal

Request = dict[str, Any]
Response = Any

NAME = "TestState"
MOCKED = ("Task", "Map", "Parallel")
"""The types of states that may be mocked."""
REFUSED = {
    "stateConfiguration": ("errorCausedByState", "mapIterationFailureCount", "mapItemReaderData"),
}
UNTESTED = ("revealSecrets",)


class RejectedError(Exception):
    """A request that TestState rejects, as an error's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def install() -> None:
    """Replace ministack's TestState, which has an interpreter of its own."""
    patches.take(control_plane.STEP_FUNCTIONS, "_test_state", "data")
    patches.replace(control_plane.STEP_FUNCTIONS, "_test_state", answer)


def answer(data: Request) -> Response:
    """TestState's answer to a request."""
    try:
        tested = _Tested.of(data)
        return responses.json_response(tested.run())
    except RejectedError as refused:
        return responses.error_response_json(refused.code, refused.message, 400)


@dataclass
class _Transitions:
    """The states that a state may go to, each replaced by one that ends the machine."""

    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    reached: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the name of the replacement: how it is reached, and the original's name."""

    def to(self, name: str, how: str) -> str:
        replacement = f"{how} {len(self.reached)}"
        self.states[replacement] = {"Type": "Succeed"}
        self.reached[replacement] = (how, name)
        return replacement


@dataclass
class _Tested:
    """One request to TestState."""

    name: str
    state: dict[str, Any]
    language: str
    data: Request
    transitions: _Transitions = field(default_factory=_Transitions)

    @classmethod
    def of(cls, data: Request) -> "_Tested":
        for name in UNTESTED:
            if data.get(name):
                raise _unsupported(name)
        for name in REFUSED["stateConfiguration"]:
            if (data.get("stateConfiguration") or {}).get(name) is not None:
                raise _unsupported(f"stateConfiguration.{name}")
        definition = _json(data.get("definition", ""), "InvalidDefinition", "definition")
        language = definition.get("QueryLanguage", "JSONPath")
        name = data.get("stateName") or NAME
        if "States" in definition:
            state = (definition.get("States") or {}).get(name)
            if state is None:
                raise RejectedError(
                    "ValidationException", f"State not found in the definition: stateName={name}"
                )
            language = state.get("QueryLanguage", language)
        elif data.get("stateName"):
            raise RejectedError(
                "ValidationException", "stateName is set, but the definition is not of a state machine"
            )
        else:
            state = definition
        tested = cls(name, dict(state), language, data)
        tested.check()
        return tested

    @property
    def kind(self) -> str:
        """The type of the state."""
        return str(self.state.get("Type"))

    @property
    def mock(self) -> dict[str, Any] | None:
        """The request's mock."""
        return self.data.get("mock")

    def check(self) -> None:
        """Raises `RejectedError` for what TestState rejects, before the state runs."""
        if self.mock is not None:
            if self.kind not in MOCKED:
                raise RejectedError(
                    "ValidationException", "A mock can only be specified for Task, Map or Parallel states"
                )
            if ("result" in self.mock) == ("errorOutput" in self.mock):
                raise RejectedError("ValidationException", "A mock has either a result or an errorOutput")
            if "result" in self.mock:
                _json(self.mock["result"], "ValidationException", "mock.result")
            return
        if self.data.get("context"):
            raise RejectedError("ValidationException", "context may only be specified together with a mock")
        if not self.data.get("roleArn") and self.kind in MOCKED:
            raise RejectedError("ValidationException", "roleArn is required for a state without a mock")
        resource = str(self.state.get("Resource", ""))
        if self.kind in ("Map", "Parallel") or resource.endswith((".sync", ".sync:2", ".waitForTaskToken")):
            raise RejectedError(
                "ValidationException", f"{self.kind} {resource} needs a mock".replace("  ", " ")
            )

    def run(self) -> dict[str, Any]:
        """Runs the state; TestState's answer."""
        machine = self._machine()
        text = json.dumps(machine)
        problems = problems_of(text, "STANDARD")
        if problems:
            raise RejectedError("InvalidDefinition", refusal(problems))
        execution = self._execution(text)
        outcome = execution.run()
        history = execution.history()
        entered = [
            event["stateEnteredEventDetails"] for event in history if "stateEnteredEventDetails" in event
        ]
        described = self._described(outcome, entered)
        if self.data.get("inspectionLevel", "INFO") != "INFO":
            described["inspectionData"] = self._inspected(history)
        return described

    def _machine(self) -> dict[str, Any]:
        state = dict(self.state)
        to = self.transitions.to
        retriers = state.pop("Retry", None) or []
        tried = int((self.data.get("stateConfiguration") or {}).get("retrierRetryCount") or 0)
        again = [
            ({"ErrorEquals": retrier["ErrorEquals"]}, str(number), "Retry")
            for number, retrier in enumerate(retriers)
            if tried < retrier.get("MaxAttempts", 3)
        ]
        caught = [(catcher, catcher.get("Next", ""), "Catch") for catcher in state.pop("Catch", [])]
        # A retrier of all errors comes before catchers, which no error reaches then.
        catchers = [
            {**catcher, "Next": to(name, how)} for catcher, name, how in _reachable([*again, *caught])
        ]
        if catchers:
            state["Catch"] = catchers
        for name in ("Next", "Default"):
            if state.get(name):
                state[name] = to(state[name], "Next")
        if "Choices" in state:
            state["Choices"] = [
                {**rule, "Next": to(rule.get("Next", ""), "Next")} for rule in state["Choices"]
            ]
        self._mock_iterations(state)
        return {
            "QueryLanguage": self.language,
            "StartAt": self.name,
            "States": {self.name: state, **self.transitions.states},
        }

    def _mock_iterations(self, state: dict[str, Any]) -> None:
        """A mocked Map or Parallel runs one state that gives each item of the result."""
        if self.mock is None or self.kind == "Task":
            return
        if self.language != "JSONata":
            raise _unsupported(f"a mock of a {self.kind} in JSONPath")
        error = self.mock.get("errorOutput")
        for name in ("ItemProcessor", "Items", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter"):
            state.pop(name, None)
        for name in ("Branches", "Arguments", "MaxConcurrency", "ToleratedFailurePercentage", "Label"):
            state.pop(name, None)
        last: dict[str, Any] = {"Type": "Pass", "End": True}
        if error is not None:
            last = {"Type": "Fail", "Error": error.get("error", ""), "Cause": error.get("cause", "")}
        result = [0] if error is not None else json.loads(self.mock["result"])
        state["Type"] = "Map"
        state["Items"] = result
        state["ItemProcessor"] = {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Mock",
            "States": {"Mock": last},
        }

    def _execution(self, text: str) -> Any:
        interpreter = control_plane.interpreter()
        region, account = responses.get_region(), responses.get_account_id()
        run = str(uuid.uuid4())
        context = _json(self.data.get("context") or "{}", "ValidationException", "context")
        arn = f"arn:aws:states:{region}:{account}:stateMachine:{NAME}"
        execution = interpreter.Execution(
            arn=arn.replace(":stateMachine:", ":execution:") + f":{run}",
            name=run,
            start_date=responses.now_iso(),
            input_text=self.data.get("input") or "{}",
            machine={
                "definition": text,
                "roleArn": self.data.get("roleArn") or f"arn:aws:iam::{account}:role/none",
                "stateMachineArn": arn,
                "name": NAME,
                "type": "STANDARD",
            },
            account=account,
            region=region,
        )
        variables = _json(self.data.get("variables") or "{}", "ValidationException", "variables")
        execution.prepare(_set_up(variables, context), self._mocks())
        return execution

    def _mocks(self) -> Any:
        if self.mock is None or self.kind != "Task":
            return None
        mocking = importlib.import_module("moto.stepfunctions.parser.mocking.mock_config")
        if "result" in self.mock:
            result = json.loads(self.mock["result"])
            casing = importlib.import_module("mdlc_local.states.casing")
            payload = casing.MockedResult(result) if isinstance(result, dict) else result
            response = mocking.MockedResponseReturn(0, 0, payload)
        else:
            error = self.mock["errorOutput"]
            response = mocking.MockedResponseThrow(0, 0, error.get("error", ""), error.get("cause", ""))
        states = [mocking.StateMockedResponses(self.name, "mock", [response])]
        return mocking.MockTestCase(NAME, "mock", states)

    def _described(self, outcome: Any, entered: list[dict[str, Any]]) -> dict[str, Any]:
        if outcome.status != "SUCCEEDED":
            error, cause = outcome.error, outcome.cause
            described = {"status": "FAILED", "error": error, "cause": cause}
            return {name: value for name, value in described.items() if value is not None}
        how, name = self.transitions.reached.get(entered[-1]["name"], ("End", ""))
        described = {"status": "SUCCEEDED", "output": outcome.output}
        if how in ("Retry", "Catch"):
            described = {
                "status": "RETRIABLE" if how == "Retry" else "CAUGHT_ERROR",
                **self._failure(entered),
            }
            if how == "Catch":
                described["output"] = outcome.output
        if name and how != "Retry":
            described["nextState"] = name
        return described

    def _failure(self, entered: list[dict[str, Any]]) -> dict[str, Any]:
        failure = (self.mock or {}).get("errorOutput")
        if failure is not None:
            return {"error": failure.get("error", ""), "cause": failure.get("cause", "")}
        input_ = json.loads(entered[-1].get("input") or "{}")
        if isinstance(input_, dict) and {"Error", "Cause"} <= set(input_):
            return {"error": input_["Error"], "cause": input_["Cause"]}
        return {}

    def _inspected(self, history: list[dict[str, Any]]) -> dict[str, Any]:
        inspected: dict[str, Any] = {"input": self.data.get("input") or "{}"}
        if self.mock is not None and "result" in self.mock:
            inspected["result"] = self.mock["result"]
        variables = _json(self.data.get("variables") or "{}", "ValidationException", "variables")
        for event in history:
            scheduled = event.get("taskScheduledEventDetails")
            if scheduled is not None and self.language == "JSONata":
                inspected["afterArguments"] = scheduled["parameters"]
            exited = event.get("stateExitedEventDetails")
            if exited is not None and exited["name"] == self.name:
                for name, assigned in (exited.get("assignedVariables") or {}).items():
                    variables[name] = _value(assigned)
        if variables:
            inspected["variables"] = json.dumps(variables)
        return inspected


def _reachable(
    catchers: list[tuple[dict[str, Any], str, str]],
) -> list[tuple[dict[str, Any], str, str]]:
    """The catchers up to the first that catches all."""
    kept = []
    for catcher in catchers:
        kept.append(catcher)
        if "States.ALL" in catcher[0]["ErrorEquals"]:
            break
    return kept


def _set_up(variables: dict[str, Any], context: dict[str, Any]) -> Callable[[Any], None]:
    def set_up(environment: Any) -> None:
        for name, value in variables.items():
            environment.variable_store.set(variable_identifier=name, variable_value=value)
        environment.variable_store.reset_tracing()
        known = environment.states.context_object.context_object_data
        for part, values in context.items():
            if isinstance(values, dict) and isinstance(known.get(part), dict):
                known[part].update(values)
            else:
                known[part] = values

    return set_up


def _value(text: str) -> Any:
    # moto does not escape quotation marks within a string.
    try:
        return json.loads(text)
    except ValueError:
        return text.removeprefix('"').removesuffix('"')


def _json(text: str, code: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RejectedError(code, f"{name} is not valid JSON: {error}") from error


def _unsupported(what: str) -> RejectedError:
    return RejectedError("ValidationException", f"{what}: the embedded AWS's TestState does not support it")
