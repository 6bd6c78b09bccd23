/** How both machines end: retries, the audit item and event of an execution, after success and failure. */
import type { Duration } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { CatchProps, IChainable, RetryProps, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type {
  CallAwsService,
  DynamoPutItem,
  EventBridgePutEvents,
} from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct as Scope } from "constructs";

import { cdk, cloudwatch, sfn, tasks } from "./cdk.ts";
import type { Home } from "./home.ts";

export const SAGEMAKER = [
  "SageMaker.AmazonSageMakerException",
  "SageMaker.SageMakerException",
  "SageMaker.SdkClientException",
  "SageMaker.ThrottlingException",
];
export const DYNAMODB = [
  "DynamoDB.InternalServerErrorException",
  "DynamoDB.ProvisionedThroughputExceededException",
  "DynamoDB.RequestLimitExceededException",
  "DynamoDB.SdkClientException",
  "DynamoDB.ThrottlingException",
];
const EVENTS = [
  "EventBridge.InternalException",
  "EventBridge.SdkClientException",
  "EventBridge.ThrottlingException",
  "Events.InternalException",
  "Events.ThrottlingException",
];
export const FAILURE = { failure: "{% $states.errorOutput %}" };

export type Texts = Record<string, string>;

interface Retried {
  addRetry(props: RetryProps): unknown;
}

export interface Caught {
  readonly id: string;
  addCatch(handler: IChainable, props?: CatchProps): unknown;
}

/** The states that end a machine. */
export class Records {
  readonly scope: Scope;
  readonly home: Home;
  readonly workflow: string;
  readonly failure: DynamoPutItem;
  private readonly interval = cdk.Duration.seconds(2);
  private readonly maxDelay = cdk.Duration.seconds(60);

  constructor(
    scope: Scope,
    home: Home,
    { workflow, failureEvent }: { workflow: string; failureEvent: string },
  ) {
    this.scope = scope;
    this.home = home;
    this.workflow = workflow;
    const failed = sfn.Fail.jsonata(scope, "Failed", {
      error: "{% $failure.Error %}",
      cause: "{% $failure.Cause %}",
    });
    const publish = this.event("PublishFailure", failureEvent, {
      error: "{% $failure.Error %}",
      cause: "{% $substring($failure.Cause, 0, 2000) %}",
    });
    publish.addCatch(failed);
    const fields = { error: "{% $failure.Error %}", cause: "{% $substring($failure.Cause, 0, 30000) %}" };
    const item = Object.entries(this.auditItem("Failed", fields));
    this.failure = tasks.DynamoPutItem.jsonata(scope, "RecordFailure", {
      table: this.home.table,
      item: Object.fromEntries(
        item.map(([name, text]) => [name, tasks.DynamoAttributeValue.fromString(text)]),
      ),
    });
    this.retried(this.failure, DYNAMODB);
    this.failure.addCatch(publish);
    this.failure.next(publish);
    publish.next(failed);
  }

  /** Retry throttling. */
  retried(state: Retried, errors: string[]): void {
    state.addRetry({
      errors,
      interval: this.interval,
      maxAttempts: 6,
      backoffRate: 2,
      maxDelay: this.maxDelay,
      jitterStrategy: sfn.JitterType.FULL,
    });
  }

  /** An event of this model. */
  event(name: string, detailType: string, detail: Texts): EventBridgePutEvents {
    const origin = { model: this.home.name, execution: "{% $states.context.Execution.Id %}" };
    const state = tasks.EventBridgePutEvents.jsonata(this.scope, name, {
      entries: [{ source: "mdlc", detailType, detail: sfn.TaskInput.fromObject({ ...origin, ...detail }) }],
    });
    this.retried(state, EVENTS);
    return state;
  }

  /** The audit item's attributes, all texts. */
  auditItem(outcome: string, fields: Texts): Texts {
    const texts = Object.entries({ trigger: "manual", reason: "", request_id: "" }).map(
      ([key, otherwise]) => {
        const input = `$states.context.Execution.Input.${key}`;
        return [key, `{% $exists(${input}) ? $string(${input}) : '${otherwise}' %}`];
      },
    );
    return {
      pk: `MODEL#${this.home.name}`,
      sk:
        `{% 'EXECUTION#' & $states.context.Execution.StartTime & '#${this.workflow}#' ` +
        "& $states.context.Execution.Name %}",
      schema_version: "1",
      model: this.home.name,
      workflow: this.workflow,
      outcome,
      execution_arn: "{% $states.context.Execution.Id %}",
      started_at: "{% $states.context.Execution.StartTime %}",
      finished_at: "{% $now() %}",
      ...Object.fromEntries(texts),
      run: "{% $plan.run %}",
      data_version: "{% $plan.data_version %}",
      ...fields,
    };
  }

  /** One transaction for the audit item and the run's own entry. */
  recorded(fields: Texts, runFields: Texts): CallAwsService {
    const run = { pk: `MODEL#${this.home.name}`, sk: "{% 'RUN#' & $plan.run %}", ...runFields };
    const state = tasks.CallAwsService.jsonata(this.scope, "RecordAudit", {
      service: "dynamodb",
      action: "transactWriteItems",
      iamAction: "dynamodb:PutItem",
      iamResources: [this.home.table.tableArn],
      parameters: {
        TransactItems: [this.auditItem("{% $result.outcome %}", fields), run].map((item) => ({
          Put: {
            TableName: this.home.table.tableName,
            Item: Object.fromEntries(Object.entries(item).map(([name, text]) => [name, { S: text }])),
          },
        })),
      },
      comment: "One item for this execution, one for the run it stands for",
      outputs: "{% $states.input %}",
    });
    this.retried(state, DYNAMODB);
    this.caught(state);
    return state;
  }

  /** Everything leads to the failure's record. */
  caught(state: Caught): void {
    state.addCatch(this.failure, { errors: ["States.ALL"], assign: FAILURE });
  }

  /** The state machine, its log group and its alarm. */
  machine(
    start: IChainable,
    { comment, timeout, statements }: { comment: string; timeout: Duration; statements: PolicyStatement[] },
  ): StateMachine {
    const name = `${this.home.name}-${this.workflow}`;
    const machine = new sfn.StateMachine(this.scope, "StateMachine", {
      stateMachineName: name,
      definitionBody: sfn.DefinitionBody.fromChainable(start),
      queryLanguage: sfn.QueryLanguage.JSONATA,
      comment,
      timeout,
      tracingEnabled: true,
      logs: {
        destination: this.home.logGroup(this.scope, "Logs", `/aws/vendedlogs/states/${name}`),
        level: sfn.LogLevel.ALL,
        includeExecutionData: true,
      },
      encryptionConfiguration: new sfn.CustomerManagedEncryptionConfiguration(this.home.key),
    });
    for (const statement of statements) {
      machine.addToRolePolicy(statement);
    }
    const period = { statistic: "Sum", period: cdk.Duration.minutes(5) };
    for (const [end, metric] of [
      ["Failed", machine.metricFailed(period)],
      ["TimedOut", machine.metricTimedOut(period)],
      ["Aborted", machine.metricAborted(period)],
    ] as const) {
      metric.createAlarm(this.scope, `${end}Alarm`, {
        alarmDescription: `An execution of ${name} ended as ${end}.`,
        threshold: 1,
        evaluationPeriods: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    }
    return machine;
  }
}
