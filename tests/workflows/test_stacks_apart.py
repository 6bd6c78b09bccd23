"""Every construct in a stack apart from each thing it takes, with every synthesizer that publishes files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import (
    App,
    BootstraplessSynthesizer,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    Environment,
    IReusableStackSynthesizer,
    LegacyStackSynthesizer,
    NestedStack,
    Stack,
)

from mdlc_constructs import ModelHome, TrainingWorkflow
from tests.synthesized import Synthesized
from tests.workflows.apart import LAYOUTS, build, placed
from tests.workflows.settings import ALGORITHM, DATASET
from tests.workflows.stacks import plain

pytestmark = pytest.mark.slow

ALL_APART = LAYOUTS["all apart"]
SYNTHESIZERS: dict[str, Callable[[], IReusableStackSynthesizer]] = {
    "own qualifier": lambda: DefaultStackSynthesizer(qualifier="abc123"),
    "own bucket and prefix": lambda: DefaultStackSynthesizer(
        file_assets_bucket_name="team-assets", bucket_prefix="flights/"
    ),
    "credentials of the CLI": lambda: CliCredentialsStackSynthesizer(qualifier="abc123"),
    "legacy": LegacyStackSynthesizer,
}


def app_in(folder: Path, **arguments: Any) -> App:
    return App(outdir=str(folder / "assembly"), **arguments)


def code_of_functions(stacks: dict[str, Synthesized]) -> set[str]:
    """Where the library's functions take their code from, as JSON."""
    return {
        json.dumps(function["Properties"]["Code"], sort_keys=True)
        for stack in stacks.values()
        for function in stack.of_type("AWS::Lambda::Function").values()
        if "S3Key" in function["Properties"]["Code"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_layout_of_stacks_has_a_cycle(layout: str, tmp_path: Path) -> None:
    app = app_in(tmp_path)
    build(placed(app, LAYOUTS[layout]))
    stacks = Synthesized.all_of(app)
    assert set(stacks) == {parts[0] for parts in LAYOUTS[layout]}


@pytest.mark.parametrize("name", SYNTHESIZERS)
def test_a_stack_may_have_any_synthesizer_that_publishes_files(name: str, tmp_path: Path) -> None:
    app = app_in(tmp_path)
    build(placed(app, ALL_APART, synthesizer=SYNTHESIZERS[name]()))
    code = code_of_functions(Synthesized.all_of(app))
    if name == "legacy":
        assert all("AssetParameters" in place for place in code)
    else:
        bucket = "team-assets" if "bucket" in name else "cdk-abc123-assets-"
        assert code and all(bucket in place for place in code)


@pytest.mark.parametrize("name", SYNTHESIZERS)
def test_an_app_may_have_a_synthesizer_for_all_its_stacks(name: str, tmp_path: Path) -> None:
    app = app_in(tmp_path, default_stack_synthesizer=SYNTHESIZERS[name]())
    plain(Stack(app, "Flights"))
    assert code_of_functions(Synthesized.all_of(app))


def test_the_legacy_synthesizer_names_the_file_of_the_jobs_code_at_deployment(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    plain(Stack(app, "Flights", synthesizer=LegacyStackSynthesizer()))
    substitutions = Synthesized.all_of(app)["Flights"].machine("flights-training")["DefinitionSubstitutions"]
    # `<folder>/||<file>` in the asset's parameter: the second part is the file.
    assert substitutions["JobCodeFile"]["Fn::Select"][0] == 1


def test_a_synthesizer_that_publishes_nothing_is_refused(tmp_path: Path) -> None:
    stack = Stack(app_in(tmp_path), "Flights", synthesizer=BootstraplessSynthesizer())
    sentence = (
        "The stack 'Flights' has a BootstraplessSynthesizer, which publishes no files, and its functions and "
        "jobs need their code: give it another synthesizer, such as CliCredentialsStackSynthesizer()."
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ModelHome(stack, "Model", name="flights")


def test_nested_stacks_hold_what_they_are_given(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    parent = Stack(app, "Team", env=Environment(account="111111111111", region="eu-central-1"))
    home = ModelHome(NestedStack(parent, "Shared"), "Model", name="flights")
    TrainingWorkflow(
        NestedStack(parent, "Flights"), "Training", home=home, dataset=DATASET, algorithm=ALGORITHM
    )
    assert Synthesized.all_of(app)["Team"].of_type("AWS::CloudFormation::Stack")
