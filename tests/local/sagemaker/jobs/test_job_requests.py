import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab


def test_jobs_are_listed_and_stopped_only_while_they_run(lab: Lab) -> None:
    request = lab.processing("print(1)")
    name = request["ProcessingJobName"]
    lab.run("processing", request)
    (listed,) = lab.sagemaker.list_processing_jobs(NameContains=name, StatusEquals="Completed")[
        "ProcessingJobSummaries"
    ]
    assert listed["ProcessingJobName"] == name
    assert "AppSpecification" not in listed
    with pytest.raises(ClientError, match=r"rejected because the processing job is in status Completed"):
        lab.sagemaker.stop_processing_job(ProcessingJobName=name)


@pytest.mark.parametrize("kind", ["training", "processing", "transform"])
def test_a_job_that_does_not_exist(lab: Lab, kind: str) -> None:
    for verb in ("describe", "stop"):
        with pytest.raises(
            ClientError, match=f"ResourceNotFound.*Requested resource not found: .*{kind}-job/none"
        ):
            getattr(lab.sagemaker, f"{verb}_{kind}_job")(**{f"{kind.capitalize()}JobName": "none"})
