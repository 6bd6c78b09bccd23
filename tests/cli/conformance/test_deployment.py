"""What a run leaves is found and removed, also twice, and what cannot be removed is said."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.conformance import deployment
from mdlc_cli.conformance.bench import Bench, one_state
from mdlc_cli.conformance.template import name_of
from tests.cli.conformance.conftest import Altered

pytestmark = pytest.mark.slow


def test_an_interrupted_run_is_found_and_removed_with_what_it_made(altered: Altered) -> None:
    target, run = altered.target, deployment.new_run()
    bench = Bench(target=target, run=run, outputs=deployment.deploy(target, run))
    machine = bench.machine(one_state({"Type": "Pass"}))
    bench.client("s3").put_object(Bucket=bench.outputs["Bucket"], Key="left", Body=b"")
    assert run in deployment.left(target)
    assert deployment.remove(target, run) == []
    assert run not in deployment.left(target)
    assert altered.bench.run in deployment.left(target), "another run's stack stays"
    with pytest.raises(ClientError, match="DoesNotExist"):
        bench.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    assert deployment.remove(target, run) == []


def test_what_cannot_be_removed_is_said_and_the_rest_is_removed(
    altered: Altered, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, run = altered.target, deployment.new_run()
    deployment.deploy(target, run)
    machines = target.client("stepfunctions")
    bench = Bench(target=target, run=run, outputs={"Machines": altered.bench.outputs["Machines"]})
    bench.machine(one_state({"Type": "Pass"}))

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ConflictException", "Message": "busy"}}, "DeleteStateMachine")

    with monkeypatch.context() as patched:
        patched.setattr(machines, "delete_state_machine", refuse)
        (sentence,) = deployment.remove(target, run)
    assert sentence.startswith(f"state machines: {name_of(run)}-machine-1: AWS refused")
    assert run not in deployment.left(target)
    assert deployment.remove(target, run) == []
