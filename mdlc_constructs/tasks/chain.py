"""Converts between this library's tasks and CDK's chains. The only module of `tasks` that imports aws_cdk.

`as_state` turns a task of this library into a state for a user's own CDK state machine. `sequence_from_chain`
turns a chain of CDK's classes into a sequence for a workflow of this library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import jsii
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl import sequence
from mdlc_constructs.asl.placeholders import PLACEHOLDER
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task


def as_state(
    scope: Construct, id_: str, task: Task, *, bindings: Mapping[str, object] | None = None
) -> sfn.TaskStateBase:
    """A task of this library as a CDK state, which can be chained, retried and caught like any other.

    The role of the state machine gets its permissions automatically.

    Args:
        bindings: the values of the task's placeholders, which may be CDK tokens; partition, region and
            account need no values.

    Raises:
        ValueError: for a placeholder without a value, and for a task with its own `next` or `catch`: these
            are set by CDK's methods.
    """
    if task.next is not None or task.catch:
        raise ValueError(
            f"The task {task.name!r} names its own next or catch; "
            "leave them out and call .next() and .add_catch()."
        )
    bound = {
        "Partition": Aws.PARTITION,
        "Region": Aws.REGION,
        "Account": Aws.ACCOUNT_ID,
        **(bindings or {}),
    }
    return _TaskState(scope, id_, task, bound)


class _TaskState(sfn.TaskStateBase):
    def __init__(self, scope: Construct, id_: str, task: Task, bindings: Mapping[str, object]) -> None:
        super().__init__(scope, id_, query_language=sfn.QueryLanguage.JSONATA, comment=task.comment or None)
        body = task.to_asl()
        del body["End"]
        # Placeholders are replaced here, so that a missing value is an error where the state is created.
        self._body = cast(dict[str, object], _bind(body, bindings, task.name))
        self._statements = [
            iam.PolicyStatement.from_json(_bind(statement.to_policy(), bindings, task.name))
            for statement in task.statements
        ]

    @jsii.member(jsii_name="toStateJson")
    def to_state_json(
        self, top_level_query_language: sfn.QueryLanguage | None = None
    ) -> Mapping[str, object]:
        """The state in the Amazon States Language, with the transitions and error handling set in CDK."""
        state = {"QueryLanguage": "JSONata", **self._body, **self._render_next_end()}
        handled = self._render_retry_catch()
        # The user's own retriers come first, because the first one that matches an error is used.
        retriers = [*handled.get("Retry", []), *cast(list[object], self._body.get("Retry", []))]
        if retriers:
            state["Retry"] = retriers
        if handled.get("Catch"):
            state["Catch"] = handled["Catch"]
        return state

    @property
    def _task_metrics(self) -> sfn.TaskMetricsConfig | None:
        return None

    @property
    def _task_policies(self) -> list[iam.PolicyStatement] | None:
        return self._statements


def sequence_from_chain(chain: sfn.IChainable) -> sequence.StateSequence:
    """The states of a CDK chain with the permissions of its tasks, as a sequence for a workflow.

    CDK tokens (a bucket's name, a function's ARN) become placeholders when the machine's definition is
    written. Every end of the chain is linked to the state that follows. A chain can be used only once,
    because CDK allows a state in one graph only.

    Raises:
        ValueError: for JSONPath states, distributed Maps, and a permission that is not a plain Allow.
    """
    graph = sfn.StateGraph(chain.start_state, f"Chain of {chain.id}")
    rendered = cast(Mapping[str, object], graph.to_graph_json())
    statements = [_statement(policy) for policy in graph.policy_statements]
    return sequence.StateSequence.from_graph(rendered, statements)


def _statement(policy: iam.PolicyStatement) -> Statement:
    document = cast(Mapping[str, object], policy.to_json())
    if document.get("Effect") != "Allow" or not {"Action", "Resource"} <= document.keys():
        raise ValueError(
            f"The chain asks for the permission {dict(document)!r}; only Allow with Action and Resource can "
            "be merged, so grant this one on the workflow's role instead."
        )
    return Statement(
        actions=_texts(document["Action"]),
        resources=_texts(document["Resource"]),
        conditions=cast(Mapping[str, Mapping[str, object]], document.get("Condition", {})),
    )


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(cast(Sequence[str], value))


def _bind(value: object, bindings: Mapping[str, object], task: str) -> object:
    """The value with placeholders replaced; a text that is only a placeholder gets the type of its value."""
    if isinstance(value, str):
        alone = PLACEHOLDER.fullmatch(value)
        if alone:
            return _value(alone[1], bindings, task)
        return PLACEHOLDER.sub(lambda match: str(_value(match[1], bindings, task)), value)
    if isinstance(value, Mapping):
        return {key: _bind(member, bindings, task) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_bind(member, bindings, task) for member in value]
    return value


def _value(name: str, bindings: Mapping[str, object], task: str) -> object:
    if name not in bindings:
        raise ValueError(f"bindings lacks {name!r}, a placeholder of the task {task!r}; give it a value.")
    return bindings[name]
