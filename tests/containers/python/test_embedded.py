"""The template behind an endpoint of the embedded AWS, registered as its README says."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.serving import archive
from mdlc_cli import places
from mdlc_cli.aws import settings_file
from pack import pack
from tests.containers.python.conftest import QUESTION, train
from tests.containers.python.running import TEMPLATE, python
from tests.containers.python.test_rows import PROGRAM
from tests.docs import markdown
from tests.local.embedded import start
from tests.local.sagemaker.conftest import make_lab
from tests.local.sagemaker.lab import unique
from tests.local.sagemaker.serving import Crowd, Serving, variant

pytestmark = pytest.mark.slow

IMAGE = "example.com/team/scorer:1"
REQUESTS = 200


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("scorer")
    (text,) = markdown.blocks(TEMPLATE / "README.md", "toml")
    (folder / places.SETTINGS_FILE).write_text(text)
    (folder / "containers").symlink_to(TEMPLATE.parent)
    (image,) = settings_file.local_images(folder)
    images = folder / "images.json"
    images.write_text(json.dumps({"images": [{**image, "python": str(python())}]}))
    running = start(folder / "embedded", "--images", str(images), "--time-scale", "60")
    yield Serving(make_lab(running))
    running.end()


def model(serving: Serving, folder: Path, seed: int) -> str:
    """A model of two features with its program beside it, as `pack.py` joins them."""
    base = folder / f"seed-{seed}"
    train(base, seed)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(base / "model" / "xgboost-model", "xgboost-model")
    (folder / "program.tar.gz").write_bytes(archive.pack(PROGRAM))
    joined = folder / "joined.tar.gz"
    pack(folder / "model.tar.gz", folder / "program.tar.gz", joined)
    name = unique("scorer")
    serving.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=serving.lab.role.arn,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": serving.lab.put(f"{name}/model.tar.gz", joined.read_bytes()),
            "Environment": {"MDLC_MODEL_VERSION": str(seed), "SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        },
    )
    return name


def invoke(serving: Serving, endpoint: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = serving.runtime().invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/jsonlines",
        Body="\n".join(json.dumps(row) for row in rows),
    )
    return [json.loads(line) for line in io.TextIOWrapper(answer["Body"])]


def test_no_request_is_lost_while_one_version_takes_over(serving: Serving, tmp_path: Path) -> None:
    old, new = (serving.config(variant(model(serving, tmp_path, seed))) for seed in (1, 2))
    endpoint = serving.endpoint(old)
    rows: list[dict[str, Any]] = [{"carrier": "UA", "distance": 120}, {"carrier": None, "distance": None}]
    before = invoke(serving, endpoint, rows)
    with Crowd(serving, endpoint, QUESTION.decode()) as crowd:
        crowd.await_requests(REQUESTS)
        ended = serving.update(endpoint, new)
        crowd.await_requests(REQUESTS)
    after = invoke(serving, endpoint, rows)
    assert ended["EndpointStatus"] == "InService"
    assert crowd.failures == []
    assert len(crowd.answers) == 2
    assert ([one["version"] for one in before], [one["version"] for one in after]) == ([1, 1], [2, 2])
    assert before != after and all(0 < one["score"] < 1 for one in (*before, *after))
    serving.delete(endpoint)


def test_a_wrong_row_is_the_callers(serving: Serving, tmp_path: Path) -> None:
    endpoint = serving.endpoint(serving.config(variant(model(serving, tmp_path, 1))))
    runtime = serving.runtime()
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="application/jsonlines", Body='{"distance": "far"}'
        )
    assert refused.value.response["OriginalStatusCode"] == 400
    assert "column 'distance'" in refused.value.response["OriginalMessage"]
    serving.delete(endpoint)
