"""What probes ask with: clients of one AWS, the deployed resources, and runs of machines."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.conformance import masking
from mdlc_cli.conformance.template import TAG, name_of

PATIENCE = 120.0
"""Seconds that a quick execution may take."""
ROLE_SECONDS = 60.0
"""Seconds after which a new role must be usable; IAM is eventually consistent."""


class UnansweredError(Exception):
    """A probe got no answer; the message says why."""


@dataclass(kw_only=True)
class Bench:
    """The AWS that is asked, with the resources of one run.

    Attributes:
        target: the AWS.
        run: the run's id, which all names contain.
        outputs: the stack's outputs by name.
    """

    target: Target
    run: str
    outputs: dict[str, str]
    _names: int = field(default=0, init=False)

    def client(self, service: str) -> Any:
        """A boto3 client of the AWS that is asked."""
        return self.target.client(service)

    def as_role(self, role: str, service: str) -> Any:
        """A client with the permissions of a role that this account may assume."""
        import boto3

        connect: Any = boto3.client
        session = self.client("sts").assume_role(RoleArn=self.outputs[role], RoleSessionName="conformance")
        keys = session["Credentials"]
        return connect(
            service,
            endpoint_url=self.target.endpoint,
            region_name=self.target.region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def name(self, what: str) -> str:
        """A new name for something that a probe makes; `removal` finds it by its beginning."""
        self._names += 1
        return f"{name_of(self.run)}-{what}-{self._names}"

    def masked(self, value: Any) -> Any:
        """A copy without what differs between two runs."""
        names = [(value, f"<{name}>") for name, value in self.outputs.items()]
        return masking.masked(value, [(name_of(self.run), "<run>"), (self.run, "<run>"), *names])

    def execute(
        self, definition: dict[str, Any], input_: Any = None, *, role: str = "Machines"
    ) -> dict[str, Any]:
        """Run a machine once: its `status`, `output`, `error` and `cause`."""
        return self.ended(self.start(self.machine(definition, role=role), input_))

    def state(self, state: dict[str, Any], input_: Any = None) -> dict[str, Any]:
        """Run a machine of one JSONata state, which ends it."""
        return self.execute(one_state(state), input_)

    def machine(self, definition: dict[str, Any], *, role: str = "Machines", kind: str = "STANDARD") -> str:
        """Create a machine; its ARN."""
        states, deadline = self.client("stepfunctions"), time.monotonic() + ROLE_SECONDS
        name = self.name("machine")
        while True:
            try:
                created = states.create_state_machine(
                    name=name,
                    definition=json.dumps(definition),
                    roleArn=self.outputs[role],
                    type=kind,
                    tags=[{"key": TAG, "value": self.run}],
                )
                return str(created["stateMachineArn"])
            except states.exceptions.ClientError as error:
                late = time.monotonic() > deadline or self.target.is_local or role == "Strangers"
                if late or "assume" not in str(error):
                    raise
                time.sleep(3)

    def start(self, machine_arn: str, input_: Any = None, **more: Any) -> str:
        """Start an execution; its ARN."""
        states = self.client("stepfunctions")
        started = states.start_execution(stateMachineArn=machine_arn, input=json.dumps(input_ or {}), **more)
        return str(started["executionArn"])

    def ended(self, execution_arn: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait for an execution's end.

        Raises:
            UnansweredError: it runs too long.
        """
        states, deadline = self.client("stepfunctions"), time.monotonic() + patience
        while time.monotonic() < deadline:
            execution = states.describe_execution(executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                output = execution.get("output")
                return {
                    "status": execution["status"],
                    **({"output": json.loads(output)} if output is not None else {}),
                    **{
                        name: execution[name]
                        for name in ("error", "cause")
                        if execution.get(name) is not None
                    },
                }
            time.sleep(self.pause)
        raise UnansweredError(f"an execution ran for more than {patience:.0f} s")

    @property
    def pause(self) -> float:
        """Seconds between two looks."""
        return 0.02 if self.target.is_local else 1.0


def one_state(state: dict[str, Any]) -> dict[str, Any]:
    """A machine of one state."""
    ends = {} if state.get("Type") in ("Fail", "Succeed", "Choice") or "Next" in state else {"End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "Asked", "States": {"Asked": {**state, **ends}}}


def chosen(members: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those members of an answer that are there."""
    return {name: members[name] for name in names if name in members}
