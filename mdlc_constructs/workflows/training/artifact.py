"""Behind a task that stands in for the training job: the artifact that it was to leave."""

from dataclasses import replace

from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import BUCKET
from mdlc_constructs.tasks.s3 import list_objects
from mdlc_constructs.workflows.ending import TO_FAILURE


def artifact_found(behind: StateSequence) -> StateSequence:
    """The states that look for the artifact, with the seam that comes behind them."""
    states = StateSequence.of(find_artifact(), artifact_verdict(), behind)
    return replace(states, runs_always=behind.runs_always)


def find_artifact() -> Task:
    """Look for what a task that stands in for the training job was to leave behind."""
    return list_objects(
        "FindArtifact",
        bucket=BUCKET,
        prefix=f"{{% $substringAfter($plan.uris.artifact, '{BUCKET}/') %}}",
        prefix_pattern="training/*",
        max_keys=1,
        assign={"artifacts": "{% $states.result.KeyCount %}"},
        output={},
        catch=(TO_FAILURE,),
        comment="Whatever trained has to leave the artifact where the model is made from it",
    )


def artifact_verdict() -> Choice:
    """Goes on when the artifact is there."""
    missing = Rule(
        condition="{% $artifacts = 0 %}",
        next="RecordFailure",
        assign={
            "failure": {
                "Error": "NoArtifact",
                "Cause": "{% 'Train ended without an artifact: write the trained model as a tar.gz to ' "
                "& $plan.uris.artifact & '.' %}",
            }
        },
    )
    return Choice(name="ArtifactFound", rules=(missing,))
