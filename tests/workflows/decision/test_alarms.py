"""Which alarms an API has."""

import pytest
from aws_cdk import App, Stack

from tests.synthesized import Synthesized, in_accounts_of_their_own
from tests.workflows.decision.stacks import HERE, acting, decision_api


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    """An API with everything, and one with the least."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    builders = in_accounts_of_their_own({"Both": (acting, HERE), "Lambda": (decision_api, HERE)})
    for name, (make, env) in builders.items():
        make(Stack(app, name, env=env))
    return Synthesized.all_of(app)


def test_what_goes_wrong_raises_an_alarm(stacks: dict[str, Synthesized]) -> None:
    found = {
        one["Properties"]["MetricName"] for one in stacks["Both"].of_type("AWS::CloudWatch::Alarm").values()
    }
    assert found == {
        *("5XXError", "Latency", "FallbackDecisions", "RecordsFailed", "ActionsFailed", "RulesRefused"),
        *("LookUpsFailed", "Errors", "Throttles", "AsyncEventsDropped"),
        *("ExecutionThrottled", "ExecutionsFailed", "ExecutionsTimedOut"),
    }


def test_an_alarm_that_could_never_ring_is_not_made(stacks: dict[str, Synthesized]) -> None:
    alarms = stacks["Lambda"].of_type("AWS::CloudWatch::Alarm").values()
    names = {one["Properties"]["MetricName"] for one in alarms}
    assert not names & {"LookUpsFailed", "ActionsFailed", "AsyncEventsDropped", "ExecutionsFailed"}
