"""Writes of an endpoint's experiment item in the audit table (`docs/contracts.md`): create, run, delete."""

import json

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.settings.experiment import ABTest, Experiment
from mdlc_constructs.tasks import dynamodb
from mdlc_constructs.workflows.ending import SCHEMA_VERSION, TO_FAILURE
from mdlc_constructs.workflows.planning import taken

_EXECUTION = "{% $states.context.Execution.Id %}"
_REFUSED = ("DynamoDB.ConditionalCheckFailedException",)


def key(model: str, endpoint_name: str) -> dict[str, object]:
    """The item's key."""
    return {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"EXPERIMENT#{endpoint_name}"}}


def record_trial(model: str, endpoint_name: str, experiment: Experiment, entity: str | None) -> Task:
    """`RecordTrial`: write the experiment and the configuration to go back to, unless another one exists."""
    fields = {
        "schema_version": SCHEMA_VERSION,
        "kind": "ab" if isinstance(experiment, ABTest) else "shadow",
        "status": "starting",
        "execution": _EXECUTION,
        "package_arn": "{% $plan.package.arn %}",
        "version": "{% $string($plan.package.version) %}",
        "champion_config": "{% $plan.trial.champion_config %}",
        "trial_config": "{% $plan.trial.config %}",
        "challenger": experiment.challenger,
        "noted_at": "{% $now() %}",
    }
    if isinstance(experiment, ABTest):
        fields |= {"weights": json.dumps(list(experiment.weights.items())), "entity": entity or ""}
    return dynamodb.put_item(
        "RecordTrial",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item={**key(model, endpoint_name), **{name: {"S": value} for name, value in fields.items()}},
        condition="attribute_not_exists(pk) OR #execution = :seen OR #execution = :own",
        names={"#execution": "execution"},
        values={":seen": {"S": "{% $plan.trial.owner %}"}, ":own": {"S": _EXECUTION}},
        output={},
        catch=(
            Catch(errors=_REFUSED, next="Plan", output=taken("RecordTrial").output),
            TO_FAILURE,
        ),
        comment="Where the endpoint goes back to, before it is touched",
    )


def run(model: str, endpoint_name: str) -> Task:
    """`RunTrial`: mark the experiment as running; this execution takes over one that another left behind."""
    return dynamodb.update_item(
        "RunTrial",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key=key(model, endpoint_name),
        update=(
            "SET #status = :running, #execution = :own, running_since = if_not_exists(running_since, :now)"
        ),
        condition="trial_config = :config",
        names={"#status": "status", "#execution": "execution"},
        values={
            ":running": {"S": "running"},
            ":own": {"S": _EXECUTION},
            ":now": {"S": "{% $now() %}"},
            ":config": {"S": "{% $plan.trial.config %}"},
        },
        output={},
        catch=(Catch(errors=_REFUSED, next="Plan", output=taken("RunTrial").output), TO_FAILURE),
    )


def forget(model: str, endpoint_name: str) -> Task:
    """`ForgetTrial`: delete the item when the champion serves alone again, unless another one replaced it."""
    ours = {":config": {"S": "{% $plan.trial.config %}"}, ":seen": {"S": "{% $plan.trial.owner %}"}}
    return dynamodb.transact_write_items(
        "ForgetTrial",
        table_arns=(AUDIT_TABLE_ARN,),
        kms_key_arn=KEY_ARN,
        items=(
            {
                "Delete": {
                    "TableName": AUDIT_TABLE,
                    "Key": key(model, endpoint_name),
                    "ConditionExpression": "trial_config = :config OR #execution = :seen",
                    "ExpressionAttributeNames": {"#execution": "execution"},
                    "ExpressionAttributeValues": ours,
                }
            },
        ),
        output={},
        # If the delete fails, the next experiment overwrites the item. Until then, callers that name its
        # variant get an error and repeat the request without a variant.
        catch=(Catch(next="TrialDecision", output={}),),
    )
