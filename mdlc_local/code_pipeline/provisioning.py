"""CloudFormation's types of a pipeline: the pipeline, a connection, and a repository of CodeCommit."""

import uuid
from typing import Any

from mdlc_local import patches, scopes, template_requests
from mdlc_local.code_pipeline import engine, records
from mdlc_local.code_pipeline.actions import source
from mdlc_local.code_pipeline.service import API

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]

_OWN = ("Name", "RestartExecutionOnUpdate", "DisableInboundStageTransitions")


def install() -> None:
    """Register the types' handlers."""
    table = patches.take(template_requests.PROVISIONERS, "_RESOURCE_HANDLERS")
    table["AWS::CodePipeline::Pipeline"] = {
        "create": _create,
        "update": _update,
        "delete": lambda physical_id, properties: template_requests.call(
            API, "DeletePipeline", {"name": physical_id}
        ),
    }
    for namespace in ("CodeConnections", "CodeStarConnections"):
        table[f"AWS::{namespace}::Connection"] = {
            "create": _connection(namespace.lower().replace("codestarc", "codestar-c")),
            "update": lambda physical_id, old, new, stack_name: (
                physical_id,
                {"ConnectionArn": physical_id, "ConnectionStatus": "PENDING"},
            ),
            "delete": lambda physical_id, properties: None,
        }
    table["AWS::CodeCommit::Repository"] = {
        "create": _create_repository,
        "update": lambda physical_id, old, new, stack_name: _repository(new["RepositoryName"]),
        "delete": lambda physical_id, properties: None,
    }


def _declaration(properties: Properties, name: str) -> dict[str, Any]:
    own = {key: value for key, value in properties.items() if key not in _OWN and key != "Tags"}
    if properties.get("DisableInboundStageTransitions"):
        raise ValueError("DisableInboundStageTransitions is not done by the embedded AWS: leave it out.")
    stores = own.pop("ArtifactStores", None)
    shape = API.service_model.operation_model("CreatePipeline").input_shape.members["pipeline"]
    declared: dict[str, Any] = template_requests.converted(shape, own, "Properties")
    if stores:
        member = shape.members["artifactStores"].value
        declared["artifactStores"] = {
            each["Region"]: template_requests.converted(member, each["ArtifactStore"], "ArtifactStores")
            for each in stores
        }
    return {**declared, "name": name}


def _create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = properties.get("Name") or template_requests.physical_name(stack_name, logical_id, 100)
    tags = [{"key": each["Key"], "value": each["Value"]} for each in properties.get("Tags", ())]
    request = {"pipeline": _declaration(properties, name), "tags": tags}
    template_requests.call(API, "CreatePipeline", request)
    return name, {"Version": "1"}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
    if new.get("Name", physical_id) != physical_id:
        template_requests.call(API, "DeletePipeline", {"name": physical_id})
        return _create("", new, stack_name)
    updated = template_requests.call(API, "UpdatePipeline", {"pipeline": _declaration(new, physical_id)})
    pipeline = records.find(physical_id, scopes.current())
    if pipeline is not None and str(new.get("RestartExecutionOnUpdate")).lower() == "true":
        engine.start(
            pipeline, {"triggerType": "StartPipelineExecution", "triggerDetail": "RestartExecutionOnUpdate"}
        )
    return physical_id, {"Version": str(updated["pipeline"]["version"])}


def _connection(service: str) -> Any:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        scope = scopes.current()
        arn = f"arn:aws:{service}:{scope.region}:{scope.account}:connection/{uuid.uuid4()}"
        # As on AWS, a connection is pending until somebody completes it.
        return arn, {"ConnectionArn": arn, "ConnectionStatus": "PENDING", "OwnerAccountId": scope.account}

    return create


def _create_repository(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    if properties.get("Code"):
        raise ValueError(
            "Code of AWS::CodeCommit::Repository is not done here: register a git repository instead."
        )
    return _repository(properties["RepositoryName"])


def _repository(name: str) -> Provisioned:
    scope = scopes.current()
    arn = f"arn:aws:codecommit:{scope.region}:{scope.account}:{name}"
    folder = source.repository(name)
    url = (
        folder.as_uri() if folder else f"https://git-codecommit.{scope.region}.amazonaws.com/v1/repos/{name}"
    )
    return name, {"Arn": arn, "Name": name, "CloneUrlHttp": url, "CloneUrlSsh": url}
