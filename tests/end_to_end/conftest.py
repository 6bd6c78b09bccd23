"""One embedded AWS for all tests of this folder, in which waiting goes fifty times as fast."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdlc_cli.aws import local
from tests.end_to_end import chapters
from tests.end_to_end.aws import TIME_SCALE, Aws, parent
from tests.end_to_end.retraining import DECIDED, SERVED, Retraining


@pytest.fixture(scope="package")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The embedded AWS, with IAM enforced, as `mdlc local up` starts it."""
    folder: Path = tmp_path_factory.mktemp("teams")
    server, _ = local.up(folder, parent_pid=parent(), extra_arguments=("--time-scale", str(TIME_SCALE)))
    yield Aws(server=server, folder=folder)
    local.down(folder)


@pytest.fixture(scope="module", autouse=True)
def told_before(request: pytest.FixtureRequest) -> None:
    """What a story's modules before this one make, where they have not run."""
    chapters.modules_before(request)


@pytest.fixture(autouse=True)
def told_so_far(request: pytest.FixtureRequest) -> None:
    """What a story's tests before this one make, where they have not run."""
    chapters.tests_before(request)
    chapters.tell(request.function)


@pytest.fixture(scope="package")
def retraining(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Retraining:
    """Two models that retrain by themselves, with what they are trained on."""
    made = Retraining(aws, tmp_path_factory.mktemp("retraining"))
    made.deploy(SERVED, DECIDED)
    for seed, model in enumerate((SERVED, DECIDED), start=3):
        made.upload(model, seed=seed, rows=2000, files=1)
    return made
