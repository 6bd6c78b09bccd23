"""Prebuilt images in the region of a stack."""

from aws_cdk import App, Environment, Stack

from mdlc_constructs.resources.images import registry
from mdlc_constructs.settings.image import Image
from tests.synthesized import Synthesized


def test_a_known_region_tells_the_account() -> None:
    stack = Stack(App(), "Flights", env=Environment(account="111111111111", region="eu-central-1"))
    assert registry(stack).uri(Image.jobs()) == Image.jobs().uri("eu-central-1")
    assert stack.node.try_find_child("ImageAccounts") is None


def test_a_region_of_the_deployment_is_looked_up_in_one_mapping() -> None:
    app = App()
    stack = Stack(app, "Flights")
    assert registry(stack) is registry(stack)
    uri = stack.resolve(registry(stack).uri(Image.jobs()))
    assert {"Ref": "AWS::Region"} in uri["Fn::Join"][1]
    mapping = Synthesized.all_of(app)["Flights"].template["Mappings"]["ImageAccounts"]
    assert {region: entry["account"] for region, entry in mapping.items()} == dict(Image.jobs().accounts)
