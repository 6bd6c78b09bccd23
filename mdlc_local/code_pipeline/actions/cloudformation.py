"""CloudFormation actions: stacks and change sets, by the calls that the action's role may make."""

import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import options, patches
from mdlc_local.code_pipeline.actions.action import Action, ActionFailed

HELPERS = "ministack.services.cloudformation.helpers"
SCHEME = "codepipeline-template:"
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
_NO_CHANGE = ("No updates are to be performed", "didn't contain changes", "no changes")


def install() -> None:
    """Let CloudFormation take a pipeline's template, which may be larger than one in a request."""
    parameters = "params body_key url_key label"
    original = patches.take(HELPERS, "_resolve_document", parameters)

    def resolving(params: Any, body_key: str, url_key: str, label: str) -> Any:
        url = params.get(url_key)
        url = url[0] if isinstance(url, list) and url else url
        if isinstance(url, str) and url.startswith(SCHEME):
            # The name is one that this module has made: a file directly in the folder of templates.
            return (_templates() / Path(url.removeprefix(SCHEME)).name).read_text(), None
        return original(params, body_key, url_key, label)

    patches.replace(HELPERS, "_resolve_document", resolving)


def run(action: Action) -> None:
    """Do what the action's mode says, and wait for its end."""
    mode = action.configuration["ActionMode"]
    try:
        {
            "CREATE_UPDATE": _create_update,
            "CHANGE_SET_REPLACE": _replace_change_set,
            "CHANGE_SET_EXECUTE": _execute_change_set,
        }[mode](action, action.client("cloudformation"))
    except (ClientError, BotoCoreError) as error:
        raise ActionFailed(f"{mode} of the stack {action.configuration['StackName']}: {error}") from error


def _create_update(action: Action, cloudformation: Any) -> None:
    name = action.configuration["StackName"]
    request = _request(action)
    stack = _stack(cloudformation, name)
    try:
        if stack is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if not any(words in str(error) for words in _NO_CHANGE):
            raise
        # After a deployment that failed, the stack has already gone back to these very resources.
        action.run.summary = "No changes"
        return
    finally:
        _template_file(action).unlink(missing_ok=True)
    _wait(action, cloudformation, name)


def _replace_change_set(action: Action, cloudformation: Any) -> None:
    configuration = action.configuration
    name, change_set = configuration["StackName"], configuration["ChangeSetName"]
    stack = _stack(cloudformation, name)
    if stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
        cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
        kind = "UPDATE"
    else:
        kind = "CREATE"
        if stack is not None:
            cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
    try:
        cloudformation.create_change_set(**_request(action), ChangeSetName=change_set, ChangeSetType=kind)
        described = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
        while described["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            action.pause()
            described = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
    finally:
        _template_file(action).unlink(missing_ok=True)
    reason = described.get("StatusReason", "")
    if described["Status"] == "FAILED" and not any(words in reason for words in _NO_CHANGE):
        raise ActionFailed(f"The change set {change_set} of {name} could not be created: {reason}")
    action.run.summary = f"{len(described.get('Changes', ()))} changes"


def _execute_change_set(action: Action, cloudformation: Any) -> None:
    name, change_set = action.configuration["StackName"], action.configuration["ChangeSetName"]
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
    if described["Status"] == "FAILED":
        action.run.summary = "No changes"
        return
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    _wait(action, cloudformation, name)


def _wait(action: Action, cloudformation: Any, name: str) -> None:
    """Wait until the stack has come to rest.

    Raises:
        ActionFailed: with the first resource that failed.
    """
    while True:
        stack = _stack(cloudformation, name)
        if stack is None:
            raise ActionFailed(f"The stack {name} is gone")
        status = stack["StackStatus"]
        if not status.endswith("IN_PROGRESS") or status in _GOOD:
            break
        action.pause()
    if status not in _GOOD:
        raise ActionFailed(
            f"Failed to deploy the stack {name} ({status}): {_first_failure(cloudformation, name)}"
        )
    action.run.external_id = stack["StackId"]
    action.run.outputs.update({each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())})


def _stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def _first_failure(cloudformation: Any, name: str) -> str:
    """The reason of the first failure since the stack's last operation began."""
    reason = "see the stack's events"
    for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]:
        if event.get("ResourceType") == "AWS::CloudFormation::Stack" and event.get("ResourceStatus") in (
            "CREATE_IN_PROGRESS",
            "UPDATE_IN_PROGRESS",
        ):
            break
        text = event.get("ResourceStatusReason", "")
        if str(event.get("ResourceStatus", "")).endswith("_FAILED") and "cancelled" not in text:
            reason = f"{event['LogicalResourceId']}: {text}"
    return reason


def _request(action: Action) -> dict[str, Any]:
    configuration = action.configuration
    template = _template_file(action)
    template.parent.mkdir(exist_ok=True)
    template.write_bytes(_read(action, configuration["TemplatePath"]))
    return {
        "StackName": configuration["StackName"],
        "TemplateURL": f"{SCHEME}{template.name}",
        "Capabilities": [
            word.strip() for word in configuration.get("Capabilities", "").split(",") if word.strip()
        ],
        "RoleARN": configuration["RoleArn"],
    }


def _read(action: Action, path: str) -> bytes:
    """A file of an input artifact, `Artifact::path`."""
    artifact, _, name = path.partition("::")
    if artifact not in action.execution.artifacts:
        raise ActionFailed(f"There is no artifact {artifact} for {path}", "ConfigurationError")
    archive = action.input_file(artifact)
    try:
        with zipfile.ZipFile(archive) as zipped:
            return zipped.read(name)
    except KeyError as error:
        raise ActionFailed(
            f"File [{name}] does not exist in artifact [{artifact}]", "ConfigurationError"
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def _template_file(action: Action) -> Path:
    return _templates() / f"{action.run.id}.template"


def _templates() -> Path:
    return options.current().state_dir / "temporary" / "pipeline-templates"
