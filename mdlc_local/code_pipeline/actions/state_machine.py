"""Step Functions actions: an execution of a state machine, such as a smoke test."""

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local.code_pipeline.actions.action import Action, ActionFailed


def run(action: Action) -> None:
    """Start a state machine's execution and wait for its end."""
    configuration = action.configuration
    machines = action.client("stepfunctions")
    prefix = configuration.get("ExecutionNamePrefix")
    name = f"{prefix}-{action.run.id}" if prefix else action.run.id
    try:
        started = machines.start_execution(
            stateMachineArn=configuration["StateMachineArn"],
            name=name[:80],
            input=configuration.get("Input", "{}"),
        )
        arn = action.run.external_id = started["executionArn"]
        described = machines.describe_execution(executionArn=arn)
        while described["status"] == "RUNNING":
            action.pause()
            described = machines.describe_execution(executionArn=arn)
    except (ClientError, BotoCoreError) as error:
        raise ActionFailed(f"Error starting {configuration['StateMachineArn']}: {error}") from error
    action.run.outputs.update(ExecutionArn=arn, StateMachineArn=configuration["StateMachineArn"])
    if described["status"] != "SUCCEEDED":
        why = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
        raise ActionFailed(f"The execution {arn} ended as {described['status']}: {why[:1000]}")
