/** The batch inference workflow. */
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { CallAwsService, DynamoUpdateItem } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct as Scope } from "constructs";

import { cdk, Construct, tasks } from "./cdk.ts";
import type { Home } from "./home.ts";
import { DYNAMODB } from "./records.ts";
import { States } from "./states.ts";
import {
  allow,
  jobCode,
  jobRole,
  listing,
  machineStatements,
  modelBucket,
  planning,
  running,
  sagemakerArn,
} from "./statements.ts";

const PREFIX = "raw/batch/";
const S3 = ["S3.S3Exception", "S3.SdkClientException", "S3.SlowDown"];

/** Scores a batch with the latest approved package and publishes checked predictions. */
export class BatchInference extends Construct {
  readonly home: Home;

  constructor(scope: Scope, id: string, { home, modelRole }: { home: Home; modelRole: IRole }) {
    super(scope, id);
    this.home = home;
    const data = home.bucket.arnForObjects(`${PREFIX}*`);
    const jobs = [...running(home, "ProcessingJobs", "sagemaker-scikit-learn"), ...jobCode(home, "data")];
    const inputRole = jobRole(this, "InputRole", [
      ...jobs,
      listing(home, PREFIX),
      ...modelBucket(home, { reads: ["runs"], writes: ["quality", "quarantine"], also: [data] }),
    ]);
    const prepareRole = jobRole(this, "PrepareRole", [
      ...jobs,
      listing(home, PREFIX),
      ...modelBucket(home, { reads: ["runs", "splits"], writes: ["prepared"], also: [data] }),
    ]);
    const outputRole = jobRole(this, "OutputRole", [
      ...jobs,
      ...modelBucket(home, { reads: ["runs", "prepared", "scores"], writes: ["predictions", "staged"] }),
    ]);
    const states = new States(this, home, {
      workflow: "batch-inference",
      failureEvent: "Batch Inference Failed",
      modelRole,
    });
    const planner = home.function(
      "PlanBatch",
      "lambdas.functions.plan_batch.handler.handler",
      "Plans batch inference executions",
      [
        ...planning(home, PREFIX),
        allow(["sagemaker:ListModelPackages"], [sagemakerArn(`model-package-group/${home.name}`)]),
        allow(["sagemaker:DescribeModelPackage"], [sagemakerArn(`model-package/${home.name}/*`)]),
      ],
    );
    const plan = states.planning(planner, home.inputs.settings.batch_inference, ["quality", "output"]);
    const model = states.createdModel({
      name: "{% $plan.package.model %}",
      image: "{% $plan.package.image %}",
      artifact: "{% $plan.package.artifact %}",
    });
    const check = states.dataJob("CheckInput", "quality", {
      role: inputRole,
      wheels: "data",
      inputs: { data: "{% $plan.uris.data %}" },
      outputs: { report: "{% $plan.uris.report %}", quarantine: "{% $plan.uris.quarantine %}" },
      assign: { quality: "{% $parse($states.result.ExitMessage) %}" },
    });
    const inputVerdict = states.verdict("InputVerdict", "quality", {
      error: "DataRefused",
      instead: "The quality job left no verdict.",
    });
    const prepare = states.dataJob("PrepareInput", "prepare", {
      role: prepareRole,
      wheels: "data",
      inputs: { data: "{% $plan.uris.data %}", program: "{% $plan.package.program %}" },
      outputs: { shards: "{% $plan.uris.shards %}", keys: "{% $plan.uris.keys %}" },
    });
    const score = states.scored("ScoreInput", "ScoreShard", {
      comment: "One transform job a shard",
      maxConcurrency: 4,
    });
    const checkOutput = states.dataJob("CheckOutput", "check", {
      role: outputRole,
      wheels: "data",
      inputs: { keys: "{% $plan.uris.keys %}", predictions: "{% $plan.uris.scores %}" },
      outputs: { parts: "{% $plan.uris.parts %}", staged: "{% $plan.uris.staged %}" },
      assign: { output: "{% $parse($states.result.ExitMessage) %}" },
    });
    const outputVerdict = states.verdict("OutputVerdict", "output", {
      error: "OutputRefused",
      instead: "The check job left no verdict.",
    });
    const publish = this.publish(states);
    const champion = this.champion(states);
    const kept = {
      package_arn: "{% $plan.package.arn %}",
      manifest: "{% $plan.uris.manifest %}",
      rows: "{% $result.rows %}",
    };
    const record = states.recorded(kept, kept);
    champion.addCatch(record, { errors: ["DynamoDB.ConditionalCheckFailedException"], outputs: {} });
    states.caught(champion);
    const detail = { outcome: "{% $result.outcome %}", run: "{% $plan.run %}", ...kept };
    const published = states.event("PublishEvent", "Predictions Published", detail);
    states.caught(published);
    const resume = states.resumed(
      [model, check, inputVerdict, prepare, score, checkOutput, outputVerdict, publish],
      record,
      { outcome: "Unchanged", rows: "{% $plan.recorded.rows %}" },
    );
    plan.next(resume);
    model.next(check).next(inputVerdict);
    inputVerdict.otherwise(prepare);
    prepare.next(score).next(checkOutput).next(outputVerdict);
    outputVerdict.otherwise(publish);
    publish.next(champion).next(record).next(published);
    states.machine(plan, {
      comment: `Scores a batch with the latest approved package of ${home.name} and publishes it`,
      timeout: cdk.Duration.days(2),
      statements: [
        ...machineStatements(home, { Processing: [inputRole, prepareRole, outputRole] }),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], [home.key.keyArn], {
          StringLike: { "kms:ViaService": "s3.*.amazonaws.com" },
        }),
        allow(["s3:GetObject"], [home.bucket.arnForObjects("staged/*")]),
      ],
    });
  }

  private publish(states: States): CallAwsService {
    const bucket = this.home.bucket.bucketName;
    const state = tasks.CallAwsService.jsonata(this, "PublishManifest", {
      service: "s3",
      action: "copyObject",
      iamAction: "s3:PutObject",
      iamResources: [this.home.bucket.arnForObjects("predictions/*/manifest.json")],
      parameters: {
        Bucket: bucket,
        Key: "{% $plan.keys.manifest %}",
        CopySource: `{% '${bucket}/' & ($plan.keys.staged) %}`,
      },
      assign: { result: { outcome: "Succeeded", rows: "{% $string($output.rows) %}" } },
      outputs: {},
    });
    states.retried(state, S3);
    states.caught(state);
    return state;
  }

  private champion(states: States): DynamoUpdateItem {
    const text = tasks.DynamoAttributeValue.fromString;
    const state = tasks.DynamoUpdateItem.jsonata(this, "PointChampion", {
      table: this.home.table,
      key: { pk: text(`MODEL#${this.home.name}`), sk: text("CHAMPION") },
      updateExpression:
        "SET #version = :version, package_arn = :package_arn, #model = :model, " +
        "program = :program, moved_at = :moved_at, moved_by = :moved_by",
      conditionExpression: "attribute_not_exists(#version) OR #version < :version",
      expressionAttributeNames: { "#version": "version", "#model": "model" },
      expressionAttributeValues: {
        ":version": tasks.DynamoAttributeValue.numberFromString("{% $string($plan.package.version) %}"),
        ":package_arn": text("{% $plan.package.arn %}"),
        ":model": text("{% $plan.package.model %}"),
        ":program": text("{% $plan.package.program %}"),
        ":moved_at": text("{% $now() %}"),
        ":moved_by": text("{% $states.context.Execution.Id %}"),
      },
      outputs: {},
    });
    states.retried(state, DYNAMODB);
    return state;
  }
}
