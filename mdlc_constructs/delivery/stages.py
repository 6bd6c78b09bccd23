"""The stages of a delivery pipeline as plain data, in the shape of `AWS::CodePipeline::Pipeline`.

Approvals stand in a stage of their own before their environment: a stage that is rolled back runs all its
actions again, and nobody should have to approve a rollback.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_constructs.settings.environments import AlarmWatch, Environment
from mdlc_constructs.settings.pipeline_source import CodeCommit, Connection, PipelineSource

SOURCE, IMAGES, ASSEMBLY = "Source", "Images", "Assembly"
REVIEW = "Review"
CAPABILITIES = "CAPABILITY_IAM,CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND"
QUALIFIER = "hnb659fds"
"""The qualifier of the CDK's modern bootstrap, part of its roles' names."""

Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Places:
    """What the stages refer to.

    Attributes:
        partition: the AWS partition.
        account: the pipeline's account.
        region: the pipeline's region.
        pipeline: the pipeline's name.
        stack: the name of the pipeline's own stack.
        project: the name of the build project.
        publisher: the name of the project that publishes assets.
        imager: the name of the project that builds images; empty for none.
        topic: ARN of the topic that learns of pending approvals; empty for none.
    """

    partition: str
    account: str
    region: str
    pipeline: str
    stack: str
    project: str
    publisher: str
    imager: str = ""
    topic: str = ""

    def bootstrap_role(self, kind: str, account: str, region: str) -> str:
        """The ARN of a role of the CDK's bootstrap, such as `deploy-role`."""
        return f"arn:{self.partition}:iam::{account}:role/cdk-{QUALIFIER}-{kind}-{account}-{region}"

    def access_role(self, environment: Environment) -> str:
        """The ARN of the role by which the pipeline checks another account's environment."""
        name = access_role_name(self.pipeline, environment.region)
        return f"arn:{self.partition}:iam::{environment.account}:role/{name}"

    def is_own(self, environment: Environment) -> bool:
        """Whether an environment is in the pipeline's own account."""
        return environment.account == self.account


def access_role_name(pipeline: str, region: str) -> str:
    """The name of the role by which a pipeline checks an environment in another account."""
    return f"mdlc-{pipeline}-checks-{region}"


def pipeline_role_name(pipeline: str) -> str:
    """The name of a pipeline's role: known before it exists, so that other accounts can trust it alone."""
    return f"mdlc-{pipeline}-pipeline"


def stages(source: PipelineSource, environments: tuple[Environment, ...], places: Places) -> list[Data]:
    """All stages: source, build, assets, the pipeline's own update, and one or two for each environment."""
    return [
        {"name": "Source", "actions": [_source(source)]},
        *([{"name": IMAGES, "actions": [_images(places)]}] if places.imager else []),
        {"name": "Build", "actions": [_build(places)]},
        {"name": "Publish", "actions": [_publish(places)]},
        {"name": "UpdatePipeline", "actions": [_update(places)]},
        *(stage for environment in environments for stage in _environment(environment, places)),
    ]


def _source(source: PipelineSource) -> Data:
    match source:
        case Connection():
            provider = "CodeStarSourceConnection"
            configuration = {
                "ConnectionArn": source.arn,
                "FullRepositoryId": source.repository,
                "BranchName": source.branch,
                "OutputArtifactFormat": "CODE_ZIP",
                "DetectChanges": "true",
            }
        case CodeCommit():
            provider = "CodeCommit"
            configuration = {
                "RepositoryName": source.repository,
                "BranchName": source.branch,
                "OutputArtifactFormat": "CODE_ZIP",
                # An EventBridge rule starts the pipeline instead.
                "PollForSourceChanges": "false",
            }
    return _action("Commit", "Source", provider, configuration, outputs=(SOURCE,), namespace="Source")


def _build(places: Places) -> Data:
    variables = [
        {"name": "MDLC_COMMIT", "value": "#{Source.CommitId}", "type": "PLAINTEXT"},
        {"name": "CDK_DEFAULT_ACCOUNT", "value": places.account, "type": "PLAINTEXT"},
        {"name": "CDK_DEFAULT_REGION", "value": places.region, "type": "PLAINTEXT"},
    ]
    configuration = {"ProjectName": places.project, "EnvironmentVariables": json.dumps(variables)}
    inputs: tuple[str, ...] = (SOURCE,)
    if places.imager:
        configuration["PrimarySource"] = SOURCE
        inputs = (SOURCE, IMAGES)
    return _action(
        "Build", "Build", "CodeBuild", configuration, inputs=inputs, outputs=(ASSEMBLY,), namespace="Build"
    )


def _images(places: Places) -> Data:
    configuration = {"ProjectName": places.imager}
    return _action("Images", "Build", "CodeBuild", configuration, inputs=(SOURCE,), outputs=(IMAGES,))


def _publish(places: Places) -> Data:
    return _action("Publish", "Build", "CodeBuild", {"ProjectName": places.publisher}, inputs=(ASSEMBLY,))


def _update(places: Places) -> Data:
    own = (places.account, places.region)
    configuration = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": places.stack,
        "TemplatePath": f"{ASSEMBLY}::{places.stack}.template.json",
        "Capabilities": CAPABILITIES,
        "RoleArn": places.bootstrap_role("cfn-exec-role", *own),
    }
    role = places.bootstrap_role("deploy-role", *own)
    return _action("Update", "Deploy", "CloudFormation", configuration, inputs=(ASSEMBLY,), role=role)


def _environment(environment: Environment, places: Places) -> Iterator[Data]:
    if environment.approval:
        reviews = [_change_set(environment, stack, REVIEW, places, order=1) for stack in environment.stacks]
        yield {"name": f"Approve{environment.name}", "actions": [*reviews, _approval(environment, places)]}
    actions, order = [], 1
    for stack in environment.stacks:
        actions += [
            _change_set(environment, stack, "Release", places, order=order),
            _execute(environment, stack, places, order=order + 1),
        ]
        order += 2
    actions += [
        _smoke_test(environment, number, places, order) for number in range(len(environment.smoke_tests))
    ]
    stage: Data = {"name": environment.name, "actions": actions, "onFailure": {"result": "ROLLBACK"}}
    for watch in environment.watches:
        stage["onSuccess"] = {
            "conditions": [{"result": "ROLLBACK", "rules": _rules(watch, environment, places)}]
        }
    yield stage


def _change_set(environment: Environment, stack: str, name: str, places: Places, *, order: int) -> Data:
    where = (environment.account, environment.region)
    configuration = {
        "ActionMode": "CHANGE_SET_REPLACE",
        "StackName": stack,
        "ChangeSetName": f"{places.pipeline}-{name}",
        "TemplatePath": f"{ASSEMBLY}::{stack}.template.json",
        "Capabilities": CAPABILITIES,
        "RoleArn": places.bootstrap_role("cfn-exec-role", *where),
    }
    return _action(
        f"{'Review' if name == REVIEW else 'Prepare'}-{stack}",
        "Deploy",
        "CloudFormation",
        configuration,
        inputs=(ASSEMBLY,),
        role=places.bootstrap_role("deploy-role", *where),
        region=environment.region,
        order=order,
    )


def _execute(environment: Environment, stack: str, places: Places, *, order: int) -> Data:
    where = (environment.account, environment.region)
    configuration = {
        "ActionMode": "CHANGE_SET_EXECUTE",
        "StackName": stack,
        "ChangeSetName": f"{places.pipeline}-Release",
    }
    return _action(
        f"Deploy-{stack}",
        "Deploy",
        "CloudFormation",
        configuration,
        role=places.bootstrap_role("deploy-role", *where),
        region=environment.region,
        order=order,
    )


def _approval(environment: Environment, places: Places) -> Data:
    stacks = ", ".join(environment.stacks)
    text = (
        f"Commit #{{Source.CommitId}} goes to {environment.name}: account {environment.account}, region "
        f"{environment.region}. What changes is in the change set {places.pipeline}-{REVIEW} of {stacks}."
    )
    configuration = {"CustomData": text[:1000]}
    if places.topic:
        configuration["NotificationArn"] = places.topic
    return _action("Approve", "Approval", "Manual", configuration, order=2)


def _smoke_test(environment: Environment, number: int, places: Places, order: int) -> Data:
    test = environment.smoke_tests[number]
    where = f"{environment.region}:{environment.account}"
    configuration = {
        "StateMachineArn": f"arn:{places.partition}:states:{where}:stateMachine:{test.machine}",
        "ExecutionNamePrefix": places.pipeline[:30],
        "InputType": "Literal",
        "Input": json.dumps(dict(test.input)),
    }
    role = "" if places.is_own(environment) else places.access_role(environment)
    return _action(
        f"Check{number + 1}-{test.machine}",
        "Invoke",
        "StepFunctions",
        configuration,
        role=role,
        region=environment.region,
        order=order,
    )


def _rules(watch: AlarmWatch, environment: Environment, places: Places) -> list[Data]:
    rules = []
    for number, alarm in enumerate(watch.alarms, start=1):
        rule: Data = {
            "name": f"Alarm{number}",
            "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "CloudWatchAlarm", "version": "1"},
            "configuration": {"AlarmName": alarm, "AlarmStates": "ALARM", "WaitTime": str(watch.minutes)},
            "region": environment.region,
        }
        if not places.is_own(environment):
            rule["roleArn"] = places.access_role(environment)
        rules.append(rule)
    return rules


def _action(
    name: str,
    category: str,
    provider: str,
    configuration: Mapping[str, str],
    *,
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    namespace: str = "",
    role: str = "",
    region: str = "",
    order: int = 1,
) -> Data:
    action: Data = {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": dict(configuration),
        "runOrder": order,
    }
    for key, value in (
        ("inputArtifacts", [{"name": each} for each in inputs]),
        ("outputArtifacts", [{"name": each} for each in outputs]),
        ("namespace", namespace),
        ("roleArn", role),
        ("region", region),
    ):
        if value:
            action[key] = value
    return action
