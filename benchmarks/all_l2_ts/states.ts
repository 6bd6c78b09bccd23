/** States that both machines have: plan, resume, data jobs, scoring. */
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Choice, CustomState, Map as MapState, State } from "aws-cdk-lib/aws-stepfunctions";
import type { LambdaInvoke, SageMakerCreateModel } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct as Scope } from "constructs";

import { cdk, ec2, sfn, tasks } from "./cdk.ts";
import type { Home } from "./home.ts";
import type { Settings } from "./inputs.ts";
import { type Caught, FAILURE, Records, SAGEMAKER, type Texts } from "./records.ts";
import { JOB_IMAGE } from "./statements.ts";

const TAKEN = ["SageMaker.ResourceInUse", "SageMaker.ResourceInUseException"];
const FOLDER = "/opt/ml/processing";

interface DataJob {
  readonly role: IRole;
  readonly wheels: "data" | "evaluate";
  readonly inputs: Texts;
  readonly outputs: Texts;
  readonly assign?: Texts;
}

interface StatesProps {
  readonly workflow: string;
  readonly failureEvent: string;
  readonly modelRole: IRole;
}

/** The states before the end; every one that can fail is retried and caught. */
export class States extends Records {
  declare plan: LambdaInvoke;
  readonly modelRole: IRole;

  constructor(scope: Scope, home: Home, props: StatesProps) {
    super(scope, home, props);
    this.modelRole = props.modelRole;
  }

  /** A taken name leads back to the plan, everything else to the failure's record. */
  private caughtOrTaken(state: Caught, ...taken: string[]): void {
    const details = {
      step: state.id,
      error: "{% $states.errorOutput.Error %}",
      cause: "{% $states.errorOutput.Cause %}",
    };
    state.addCatch(this.plan, { errors: taken, outputs: { taken: details } });
    this.caught(state);
  }

  /** Plan, by the planning function. */
  planning(planner: IFunction, settings: Settings, verdicts: string[]): LambdaInvoke {
    const assigned = verdicts.map((verdict) => [verdict, `{% $states.result.Payload.${verdict} %}`]);
    this.plan = tasks.LambdaInvoke.jsonata(this.scope, "Plan", {
      lambdaFunction: planner,
      comment: "Pin the data version, derive names, find what an earlier execution already did",
      payload: sfn.TaskInput.fromObject({
        model: this.home.name,
        settings,
        home: {
          bucket: this.home.bucket.bucketName,
          table: this.home.table.tableName,
          group: this.home.name,
        },
        input: "{% $states.context.Execution.Input %}",
        execution: { started_at: "{% $states.context.Execution.StartTime %}" },
        taken: "{% $exists($states.input.taken) ? $states.input.taken : null %}",
      }),
      retryOnServiceExceptions: true,
      assign: { plan: "{% $states.result.Payload %}", ...Object.fromEntries(assigned) },
      outputs: {},
    });
    this.plan.addCatch(this.failure, {
      errors: ["States.ALL"],
      assign: { ...FAILURE, plan: { run: "none", data_version: "none" } },
    });
    return this.plan;
  }

  /** Resume at the first step that is not done. */
  resumed(
    entries: State[],
    record: State,
    unchanged: Texts,
    leads: Record<string, State> = {},
  ): Choice {
    const [first, ...later] = entries;
    const choice = sfn.Choice.jsonata(this.scope, "Resume");
    for (const state of later) {
      // A state before a step is entered instead of it.
      const entry = leads[state.id] ?? state;
      choice.when(sfn.Condition.jsonata(`{% $plan.step = '${state.id}' %}`), entry);
    }
    const wait = sfn.Wait.jsonata(this.scope, "WaitForOther", {
      time: sfn.WaitTime.duration(cdk.Duration.seconds(20)),
    });
    wait.next(this.plan);
    choice.when(sfn.Condition.jsonata("{% $plan.step = 'Wait' %}"), wait);
    choice.when(sfn.Condition.jsonata("{% $plan.step = 'Done' %}"), record, {
      assign: { result: unchanged },
    });
    return choice.otherwise(first);
  }

  /** Go on when a job's verdict passed. */
  verdict(name: string, variable: string, { error, instead }: { error: string; instead: string }): Choice {
    const reasons = `$exists($${variable}.reasons) ? $join($${variable}.reasons, ' ') : '${instead}'`;
    const cause = `{% (${reasons}) & ' Report: ' & $plan.uris.report %}`;
    return sfn.Choice.jsonata(this.scope, name).when(
      sfn.Condition.jsonata(`{% $not($${variable}.passed = true) %}`),
      this.failure,
      { assign: { failure: { Error: error, Cause: cause } } },
    );
  }

  /** A processing job; the CDK has no task for it. */
  dataJob(name: string, command: string, { role, wheels, inputs, outputs, assign }: DataJob): CustomState {
    const key = this.home.key.keyArn;
    const sources = {
      code: this.home.jobCode.s3ObjectUrl,
      wheels: this.home.wheels[wheels].s3ObjectUrl,
      plan: "{% $plan.uris.plan %}",
      ...inputs,
    };
    const request = {
      ProcessingJobName: `{% $plan.names.${name} %}`,
      RoleArn: role.roleArn,
      AppSpecification: {
        ImageUri: JOB_IMAGE,
        ContainerEntrypoint: ["python3", `${FOLDER}/input/code/${this.home.jobCode.s3ObjectKey}`],
        ContainerArguments: [command],
      },
      ProcessingInputs: Object.entries(sources).map(([input, uri]) => ({
        InputName: input,
        S3Input: {
          S3Uri: uri,
          LocalPath: `${FOLDER}/input/${input}`,
          S3DataType: "S3Prefix",
          S3InputMode: "File",
          S3DataDistributionType: "FullyReplicated",
        },
      })),
      ProcessingOutputConfig: {
        Outputs: Object.entries(outputs).map(([output, uri]) => ({
          OutputName: output,
          S3Output: { S3Uri: uri, LocalPath: `${FOLDER}/output/${output}`, S3UploadMode: "EndOfJob" },
        })),
        KmsKeyId: key,
      },
      ProcessingResources: {
        ClusterConfig: {
          InstanceCount: 1,
          InstanceType: "ml.m5.xlarge",
          VolumeSizeInGB: 30,
          VolumeKmsKeyId: key,
        },
      },
      StoppingCondition: { MaxRuntimeInSeconds: 7200 },
      NetworkConfig: { EnableNetworkIsolation: true, EnableInterContainerTrafficEncryption: true },
    };
    return this.job(name, "Processing", request, assign);
  }

  /** A job for which the CDK has no task, or too narrow a one. */
  job(name: string, kind: string, request: object, assign?: Texts): CustomState {
    const state = new sfn.CustomState(this.scope, name, {
      stateJson: {
        Type: "Task",
        QueryLanguage: "JSONata",
        Resource: `arn:${cdk.Aws.PARTITION}:states:::sagemaker:create${kind}Job.sync`,
        Arguments: request,
        Output: {},
        ...(assign ? { Assign: assign } : {}),
      },
    });
    this.retried(state, SAGEMAKER);
    this.caughtOrTaken(state, ...TAKEN);
    return state;
  }

  /** The SageMaker model that transform jobs run. */
  createdModel({
    name,
    image,
    artifact,
  }: {
    name: string;
    image: string;
    artifact: string;
  }): SageMakerCreateModel {
    const state = tasks.SageMakerCreateModel.jsonata(this.scope, "CreateModel", {
      modelName: name,
      primaryContainer: new tasks.ContainerDefinition({
        image: tasks.DockerImage.fromRegistry(image),
        modelS3Location: tasks.S3Location.fromJsonExpression(artifact),
      }),
      role: this.modelRole,
      enableNetworkIsolation: true,
      outputs: {},
    });
    this.retried(state, ["SageMaker.ThrottlingException"]);
    this.caughtOrTaken(state, "SageMaker.AmazonSageMakerException", "SageMaker.ValidationException");
    return state;
  }

  /** Transform jobs over the items of the plan. */
  scored(
    name: string,
    inner: string,
    { comment, maxConcurrency }: { comment: string; maxConcurrency: number },
  ): MapState {
    const job = tasks.SageMakerCreateTransformJob.jsonata(this.scope, inner, {
      transformJobName: "{% $states.input.job %}",
      modelName: "{% $states.input.model %}",
      transformInput: {
        transformDataSource: { s3DataSource: { s3Uri: "{% $states.input.input %}" } },
        contentType: "text/csv",
        splitType: tasks.SplitType.LINE,
      },
      transformOutput: {
        s3OutputPath: "{% $states.input.output %}",
        accept: "text/csv",
        assembleWith: tasks.AssembleWith.LINE,
        encryptionKey: this.home.key,
      },
      transformResources: {
        instanceCount: 1,
        instanceType: new ec2.InstanceType("m5.xlarge"),
        volumeEncryptionKey: this.home.key,
      },
      batchStrategy: tasks.BatchStrategy.MULTI_RECORD,
      integrationPattern: sfn.IntegrationPattern.RUN_JOB,
      role: this.modelRole,
      outputs: {},
    });
    this.retried(job, SAGEMAKER);
    const state = sfn.Map.jsonata(this.scope, name, {
      items: sfn.ProvideItems.jsonata("{% $plan.scoring %}"),
      maxConcurrency,
      comment,
      outputs: {},
    });
    state.itemProcessor(job);
    this.caughtOrTaken(state, ...TAKEN);
    return state;
  }
}
