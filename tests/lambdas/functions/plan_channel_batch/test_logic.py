"""The decisions of the planner of batches of files, over a made-up registry of jobs and packages."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.aws.packages import Package, channels_package, package_from
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_channel_batch import logic
from lambdas.planning.errors import InvalidInput, NoPackage
from lambdas.planning.sources import SourceFile
from lambdas.planning.steps import Job, derived_name
from mdlc_constructs.settings.payloads.batch import ChannelBatchRequest
from mdlc_constructs.settings.payloads.codec import decode, encode
from tests.workflows.channel_settings import FILES as SETTINGS

STEPS = ("CheckInput", "ScoreInput", "CheckOutput")
PACKAGE = Package(
    arn="arn:p/3",
    version=3,
    status="Approved",
    image="i",
    artifact="s3://b/a",
    environment={},
    metadata={"data": "channels", "model": "m-model-1", "run": "r"},
)
PASSED = Job(status="Completed", exit_message=json.dumps({"passed": True}))
FILES = (SourceFile(name="data-batch/a.jsonl", size=5, algorithm="CRC32", value="x"),)
DESCRIBED: Any = {
    "ModelPackageArn": "arn:p/3",
    "ModelPackageVersion": 3,
    "ModelApprovalStatus": "Approved",
    "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://b/a"}]},
}


def request_of(uri: str = "s3://bucket/raw/batch/") -> ChannelBatchRequest:
    settings: Any = SETTINGS.to_plan()
    settings["channels"]["channels"][0]["uri"] = uri
    document = {
        "model": "m",
        "settings": settings,
        "requests": {step: f"request of {step}" for step in STEPS},
        "bound": {"Bucket": "b"},
        "home": {"bucket": "b", "table": "t", "group": "m"},
        "execution": {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"},
        "input": {},
        "taken": None,
    }
    return decode(ChannelBatchRequest, document)


def decided(
    found: dict[str, Job], files: Sequence[SourceFile] = FILES, recorded: Any = None
) -> dict[str, Any]:
    def look_up(name: str) -> Job:
        return found.get(name, Job(status="Absent"))

    every = LookUps(processing=look_up, training=look_up, transform=look_up, model=look_up, config=look_up)
    request = request_of()
    body = logic.job_plan(request, files, PACKAGE)
    return encode(logic.decide(request, body, PACKAGE, lambda run: recorded, every))


def done(number: int) -> dict[str, Job]:
    request = request_of()
    work = logic.work(request, logic.job_plan(request, FILES, PACKAGE), PACKAGE)
    names = [derived_name("m", "input", work.quality), derived_name("m", "score", work.score)]
    names += [derived_name("m", "output", work.check)]
    return dict.fromkeys(["m-model-1", *names][:number], PASSED)


@pytest.mark.parametrize(
    ("completed", "step"),
    [(0, "CreateModel"), (1, "CheckInput"), (2, "ScoreInput"), (3, "CheckOutput"), (4, "OutputVerdict")],
)
def test_an_execution_goes_on_behind_what_is_done(completed: int, step: str) -> None:
    plan = decided(done(completed))
    assert plan["step"] == step
    assert [job["input"] for job in plan["scoring"]] == (["s3://bucket/raw/batch/"] if completed < 3 else [])
    assert plan["package"]["program"] == "none"
    assert decided(done(completed), recorded={"finished_by": "arn:x", "rows": "3"})["step"] == "Done"


def test_a_prefix_is_a_folder_of_the_channel_and_another_run() -> None:
    below = logic.below(request_of(), "2026/")
    assert below.settings.channels.channels[0].uri == "s3://bucket/raw/batch/2026/"
    runs = {
        logic.work(request, logic.job_plan(request, FILES, PACKAGE), PACKAGE).run
        for request in (request_of(), below)
    }
    assert len(runs) == 2


def test_files_of_one_name_are_refused() -> None:
    twins = [
        SourceFile(name=f"data-batch/{folder}/a.jsonl", size=1, algorithm="ETAG", value="x")
        for folder in "xy"
    ]
    with pytest.raises(InvalidInput, match=r"The files x/a\.jsonl and y/a\.jsonl have one name"):
        decided({}, twins)


def test_a_package_says_which_workflow_scores_with_it() -> None:
    on_channels: Any = {**DESCRIBED, "CustomerMetadataProperties": dict(PACKAGE.metadata)}
    assert channels_package(on_channels).metadata["model"] == "m-model-1"
    with pytest.raises(NoPackage, match="score files with ChannelBatchInferenceWorkflow"):
        package_from(on_channels)
    table: Any = {
        **DESCRIBED,
        "CustomerMetadataProperties": {"program": "s3://b/p/", "model": "m", "run": "r"},
    }
    assert package_from(table).planned.program == "s3://b/p/"
    with pytest.raises(NoPackage, match="score tables with BatchInferenceWorkflow"):
        channels_package(table)
