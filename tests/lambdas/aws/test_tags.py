"""The tags of a machine go to what its executions make."""

from lambdas.aws.tags import tags_of_machine
from mdlc_constructs.settings.payloads.planning import Tag
from tests.lambdas.fakes import TaggedMachines

EXECUTION = "arn:aws:states:eu-central-1:111111111111:execution:flights-training:1a2b"


def test_tags_of_the_executions_own_machine_without_those_that_only_aws_sets() -> None:
    own = {"team": "flights", "a": ""}
    machines = TaggedMachines({**own, "aws:cloudformation:stack-name": "F", "AWS:x": "y"})
    assert tags_of_machine(machines, EXECUTION) == (
        Tag(key="a", value=""),
        Tag(key="team", value="flights"),
    )
    assert machines.asked == ["arn:aws:states:eu-central-1:111111111111:stateMachine:flights-training"]


def test_a_machine_without_tags_tags_nothing() -> None:
    assert tags_of_machine(TaggedMachines(), EXECUTION) == ()
