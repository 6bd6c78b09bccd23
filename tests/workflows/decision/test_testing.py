"""A decision API in front of an endpoint on which versions are tested against each other."""

from dataclasses import dataclass

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import DecisionApi
from tests.synthesized import Synthesized
from tests.workflows.decision.stacks import HERE, decision_api


@dataclass(frozen=True)
class Asked:
    """An endpoint of a workflow whose rollout is an ABTest, or not."""

    tests_variants: bool
    endpoint_name: str = "flights"


def test_only_where_versions_are_tested_does_it_look_for_a_test(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stacks: dict[str, Synthesized] = {}
    for name, tests in (("Tested", True), ("Untested", False)):
        app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
        decision_api(Stack(app, name, env=HERE), endpoint=Asked(tests_variants=tests))
        stacks |= Synthesized.all_of(app)
    told = {}
    for name, stack in stacks.items():
        functions = [one["Properties"] for one in stack.of_type("AWS::Lambda::Function").values()]
        (decide,) = (one for one in functions if one["Handler"] == "lambdas.functions.decide.handler.handler")
        reads = {arn for action, arn in stack.allowed("ApiDecideRole") if action == "dynamodb:GetItem"}
        table = decide["Environment"]["Variables"].get("MDLC_AUDIT_TABLE")
        told[name] = (None if table is None else table["Ref"][:10], {"Audit" in arn for arn in reads})
    assert told == {"Tested": ("ModelAudit", {True, False}), "Untested": (None, {False})}


@pytest.mark.parametrize("shape", ["express", "both"])
def test_a_shape_that_names_no_variant_is_refused(shape: str) -> None:
    stack = Stack(App(), "Refused", env=HERE)
    with pytest.raises(ValueError, match=f"shape='{shape}': an Express machine names no variant"):
        decision_api(stack, endpoint=Asked(tests_variants=True), shape=shape)
    assert not [one for one in stack.node.find_all() if isinstance(one, DecisionApi)]
