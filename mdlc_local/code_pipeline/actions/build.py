"""CodeBuild actions: start a build with the pipeline's artifacts and wait for its end."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local.code_pipeline.actions.action import Action, ActionAbandoned, ActionFailed
from mdlc_local.code_pipeline.declaration import resolved


def run(action: Action) -> None:
    """Start the project's build and wait until it ends."""
    codebuild = action.client("codebuild")
    try:
        build = codebuild.start_build(**_request(action))["build"]
        action.run.external_id = build["id"]
        while not build["buildComplete"]:
            action.pause()
            build = codebuild.batch_get_builds(ids=[build["id"]])["builds"][0]
    except ActionAbandoned:
        codebuild.stop_build(id=action.run.external_id)
        raise
    except (ClientError, BotoCoreError) as error:
        raise ActionFailed(f"Error calling {action.configuration['ProjectName']}: {error}") from error
    exported = build.get("exportedEnvironmentVariables", ())
    action.run.outputs.update({each["name"]: each.get("value", "") for each in exported})
    if build["buildStatus"] != "SUCCEEDED":
        raise ActionFailed(f"Build terminated with state: {build['buildStatus']}. {_why(build)}")


def _why(build: dict[str, Any]) -> str:
    """The context of the first phase that did not succeed."""
    for phase in build["phases"]:
        if phase.get("phaseStatus") in ("FAILED", "FAULT", "TIMED_OUT", "STOPPED"):
            context = (phase.get("contexts") or [{}])[0]
            code = context.get("statusCode", phase["phaseStatus"])
            return f"Phase: {phase['phaseType']}, Code: {code}, Message: {context.get('message', '')}"
    return ""


def _request(action: Action) -> dict[str, Any]:
    configuration, declared = action.configuration, action.run.action
    names = [each["name"] for each in declared["inputArtifacts"]]
    primary = configuration.get("PrimarySource", names[0])
    places = {name: action.execution.artifacts[name] for name in names}
    outputs = [(each["name"], action.place(each["name"])) for each in declared.get("outputArtifacts", ())]
    for name, place in outputs:
        action.produced(name, place)
    destinations = [
        {
            "type": "S3",
            "location": place["bucket"],
            "path": place["key"].rpartition("/")[0],
            "name": place["key"].rpartition("/")[2],
            "packaging": "ZIP",
            "artifactIdentifier": name,
        }
        for name, place in outputs
    ]
    # With several outputs each is a secondary artifact of the buildspec, by the artifact's name.
    single = destinations[0] if len(destinations) == 1 else {"type": "NO_ARTIFACTS"}
    key = action.store().get("encryptionKey", {}).get("id")
    return {
        "projectName": configuration["ProjectName"],
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": f"{places[primary]['bucket']}/{places[primary]['key']}",
        "sourceVersion": places[primary].get("revision", ""),
        "secondarySourcesOverride": [
            {"type": "S3", "location": f"{place['bucket']}/{place['key']}", "sourceIdentifier": name}
            for name, place in places.items()
            if name != primary
        ],
        "artifactsOverride": {key_: value for key_, value in single.items() if key_ != "artifactIdentifier"},
        "secondaryArtifactsOverride": destinations if len(destinations) > 1 else [],
        "environmentVariablesOverride": _variables(action, configuration.get("EnvironmentVariables", "[]")),
        **({"encryptionKeyOverride": key} if key else {}),
        "idempotencyToken": action.run.id,
    }


def _variables(action: Action, text: str) -> list[dict[str, str]]:
    # Each value is resolved after JSON is read: a commit's message may contain quotes.
    unresolved = action.run.action["configuration"].get("EnvironmentVariables", text)
    return [
        {**each, "value": resolved(each["value"], action.execution.variables)}
        for each in json.loads(unresolved)
    ]
