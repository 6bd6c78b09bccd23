"""The check after a task that replaces the training job: whether it wrote the artifact."""

from dataclasses import replace

from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import BUCKET
from mdlc_constructs.tasks.s3 import list_objects
from mdlc_constructs.workflows.ending import TO_FAILURE


def artifact_found(behind: StateSequence) -> StateSequence:
    """The states that check for the artifact, followed by the seam `behind`."""
    states = StateSequence.of(find_artifact(), artifact_verdict(), behind)
    return replace(states, runs_always=behind.runs_always)


def find_artifact() -> Task:
    """List the object that a task in place of the training job must write."""
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
    """A choice that fails the execution when the artifact is missing."""
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
