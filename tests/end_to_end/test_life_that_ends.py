"""Stacks are deleted while their executions and jobs run, after the tests in `test_life_of_a_model.py`."""

from tests.end_to_end import test_life_of_a_model
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.test_life_of_a_model import CHANGED, FAILING, SHUFFLED, teams

__all__ = ["teams"]
pytestmark = chapters("life", after=(test_life_of_a_model,))

KINDS = ("Processing", "Training", "Transform")


def test_deleting_stacks_leaves_nothing_of_theirs_and_ends_what_runs(aws: Aws) -> None:
    with aws.held(f"{CHANGED.model}-*"):
        held = {kind: f"{CHANGED.model}-held-{number:020x}" for number, kind in enumerate(KINDS)}
        for kind, name in held.items():
            aws.job_like_the_last(CHANGED, kind, name)
        trains = aws.start(CHANGED, "training", {"window": {"start": "2013-03-01"}})
        # A window of its own: its data are checked anew.
        aws.until_entered(trains, "CheckQuality", then="TaskSubmitted")
        scores = aws.start(CHANGED, "batch-inference", {"prefix": "third/"})
        aws.until_entered(scores, "CheckOutput", then="TaskSubmitted")
        outputs = aws.outputs(FAILING)
        aws.destroy(CHANGED, FAILING)
    for kind, name in held.items():
        assert aws.jobs(CHANGED, kind, StatusEquals="InProgress") == []
        assert name in aws.jobs(CHANGED, kind, StatusEquals="Stopped")
    for arn in (trains, scores):
        ended = aws.wait(arn)
        # By the clean-up, before the machine itself was deleted.
        assert (ended.status, ended.error) == ("ABORTED", "StackDeleted")
    # What is left is the third team's, whose stack stands; other files' teams may be here as well.
    gone, left = {CHANGED.model, FAILING.model}, SHUFFLED.model

    def of_teams(names: list[str]) -> set[str]:
        return {name.split("-")[0] for name in names} & {*gone, left}

    sagemaker = aws.client("sagemaker")
    assert of_teams([model["ModelName"] for model in sagemaker.list_models()["Models"]]) == {left}
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert of_teams([group["ModelPackageGroupName"] for group in groups]) == {left}
    buckets = [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"] if "modelbucket" in b["Name"]]
    own = outputs["BucketName"]
    assert of_teams([name for name in buckets if name != own]) == {left}
    # A bucket of the team's own stays, with what lies in it.
    assert aws.keys(f"s3://{own}/raw/training/")
    machines = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    assert of_teams([machine["name"] for machine in machines]) == {left}
