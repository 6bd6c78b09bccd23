/** The training workflow. */
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { CustomState } from "aws-cdk-lib/aws-stepfunctions";
import type { CallAwsService } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct as Scope } from "constructs";

import { cdk, Construct, tasks } from "./cdk.ts";
import type { Home } from "./home.ts";
import { SAGEMAKER } from "./records.ts";
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
  TRAINING_IMAGE,
} from "./statements.ts";

const HYPERPARAMETERS = { objective: "binary:logistic", num_round: "200" };
const PREFIX = "raw/training/";
const MODEL_CARD = {
  ModelCard: { ModelCardContent: "{% $model_card %}", ModelCardStatus: "PendingReview" },
};
const CARD_REFUSED = ["SageMaker.ValidationException", "SageMaker.SageMakerException"];

/** Trains, evaluates, gates, registers and approves a model. */
export class Training extends Construct {
  readonly home: Home;

  constructor(scope: Scope, id: string, { home, modelRole }: { home: Home; modelRole: IRole }) {
    super(scope, id);
    this.home = home;
    const data = home.bucket.arnForObjects(`${PREFIX}*`);
    const uri = home.bucket.s3UrlForObject(PREFIX);
    const jobs = running(home, "ProcessingJobs", "sagemaker-scikit-learn");
    const qualityRole = jobRole(this, "QualityRole", [
      ...jobs,
      ...jobCode(home, "data"),
      listing(home, PREFIX),
      ...modelBucket(home, { reads: ["runs"], writes: ["quality", "quarantine"], also: [data] }),
    ]);
    const featuresRole = jobRole(this, "FeaturesRole", [
      ...jobs,
      ...jobCode(home, "data"),
      listing(home, PREFIX),
      ...modelBucket(home, { reads: ["runs"], writes: ["splits"], also: [data] }),
    ]);
    const trainRole = jobRole(this, "TrainRole", [
      ...running(home, "TrainingJobs", "sagemaker-xgboost"),
      ...modelBucket(home, { reads: ["splits"], writes: ["training"] }),
    ]);
    const evaluateRole = jobRole(this, "EvaluateRole", [
      ...jobs,
      ...jobCode(home, "evaluate"),
      ...modelBucket(home, { reads: ["runs", "splits", "scores"], writes: ["evaluations"] }),
    ]);
    const states = new States(this, home, {
      workflow: "training",
      failureEvent: "Training Failed",
      modelRole,
    });
    const planner = home.function(
      "PlanTraining",
      "lambdas.functions.plan_training.handler.handler",
      "Plans training executions",
      [
        ...planning(home, PREFIX),
        allow(["s3:GetObject"], [home.bucket.arnForObjects("splits/*")]),
        allow(["sagemaker:DescribeTrainingJob"], [sagemakerArn(`training-job/${home.name}-*`)]),
      ],
    );
    const plan = states.planning(planner, home.inputs.settings.training, ["quality", "gate"]);
    const check = states.dataJob("CheckQuality", "quality", {
      role: qualityRole,
      wheels: "data",
      inputs: { data: uri },
      outputs: { report: "{% $plan.uris.report %}", quarantine: "{% $plan.uris.quarantine %}" },
      assign: { quality: "{% $parse($states.result.ExitMessage) %}" },
    });
    const verdict = states.verdict("QualityVerdict", "quality", {
      error: "DataRefused",
      instead: "The quality job left no verdict.",
    });
    const prepare = states.dataJob("PrepareFeatures", "features", {
      role: featuresRole,
      wheels: "data",
      inputs: { data: uri },
      outputs: { split: "{% $plan.uris.split %}", program: "{% $plan.uris.program %}" },
    });
    const train = this.train(states, trainRole);
    const model = states.createdModel({
      name: "{% $plan.names.CreateModel %}",
      image: TRAINING_IMAGE,
      artifact: "{% $plan.uris.artifact %}",
    });
    const score = states.scored("ScoreHoldout", "ScoreModel", {
      comment: "Challenger and champion answer the same holdout",
      maxConcurrency: 2,
    });
    const evaluate = states.dataJob("Evaluate", "evaluate", {
      role: evaluateRole,
      wheels: "evaluate",
      inputs: { holdout_keys: "{% $plan.uris.keys %}", predictions: "{% $plan.uris.scores %}" },
      outputs: { evaluation: "{% $plan.uris.evaluation %}" },
      assign: { gate: "{% $parse($states.result.ExitMessage) %}" },
    });
    const card = this.readCard(states);
    const register = this.register(states, "Register", MODEL_CARD, {});
    const without = this.register(states, "RegisterWithoutCard", {}, { model_card: "{% $no_card %}" });
    card.addCatch(without, {
      errors: ["States.ALL"],
      assign: { no_card: "none: no card can be read" },
    });
    register.addCatch(without, {
      errors: CARD_REFUSED,
      assign: { no_card: "none: the card was refused" },
    });
    states.caught(register);
    states.caught(without);
    const decide = this.decide(states);
    const keys = ["package_arn", "passed", "reasons", "metrics"];
    const kept = Object.fromEntries(keys.map((key) => [key, `{% $result.${key} %}`]));
    const record = states.recorded(
      {
        ...kept,
        code_version: "unversioned",
        image: TRAINING_IMAGE,
        training_job: "{% $plan.names.Train %}",
        evaluation: "{% $plan.uris.evaluation %}",
        program: "{% $plan.uris.program %}",
        hyperparameters: JSON.stringify(HYPERPARAMETERS),
      },
      kept,
    );
    const published = states.event("PublishEvent", "Training Completed", {
      outcome: "{% $result.outcome %}",
      run: "{% $plan.run %}",
      ...kept,
      evaluation: "{% $plan.uris.evaluation %}",
    });
    states.caught(published);
    const resume = states.resumed(
      [check, verdict, prepare, train, model, score, evaluate, register],
      record,
      {
        outcome: "Unchanged",
        ...Object.fromEntries(keys.map((key) => [key, `{% $plan.recorded.${key} %}`])),
      },
      { Register: card },
    );
    plan.next(resume);
    without.next(decide);
    check.next(verdict);
    verdict.otherwise(prepare);
    prepare
      .next(train)
      .next(model)
      .next(score)
      .next(evaluate)
      .next(card)
      .next(register)
      .next(decide)
      .next(record)
      .next(published);
    states.machine(plan, {
      comment: `Trains ${home.name}, compares it with the champion and registers it`,
      timeout: cdk.Duration.days(5),
      statements: machineStatements(home, {
        Processing: [qualityRole, featuresRole, evaluateRole],
        Training: [trainRole],
      }),
    });
  }

  private train(states: States, role: IRole): CustomState {
    // The task construct knows no encryption between containers, and widens the role to every bucket.
    const key = this.home.key.keyArn;
    const channels = ["train", "validation"].map((part) => ({
      ChannelName: part,
      DataSource: {
        S3DataSource: {
          S3DataType: "S3Prefix",
          S3Uri: `{% $plan.uris.${part} %}`,
          S3DataDistributionType: "FullyReplicated",
        },
      },
      ContentType: "text/csv",
    }));
    return states.job("Train", "Training", {
      TrainingJobName: "{% $plan.names.Train %}",
      AlgorithmSpecification: { TrainingImage: TRAINING_IMAGE, TrainingInputMode: "File" },
      RoleArn: role.roleArn,
      HyperParameters: HYPERPARAMETERS,
      InputDataConfig: channels,
      OutputDataConfig: { S3OutputPath: "{% $plan.uris.training %}", KmsKeyId: key },
      ResourceConfig: {
        InstanceType: "ml.m5.xlarge",
        InstanceCount: 1,
        VolumeSizeInGB: 30,
        VolumeKmsKeyId: key,
      },
      StoppingCondition: { MaxRuntimeInSeconds: 7200 },
      EnableNetworkIsolation: true,
      EnableInterContainerTrafficEncryption: true,
    });
  }

  private readCard(states: States): CallAwsService {
    const bucket = this.home.bucket.bucketName;
    const state = tasks.CallAwsService.jsonata(this, "ReadModelCard", {
      service: "s3",
      action: "getObject",
      iamAction: "s3:GetObject",
      iamResources: [this.home.bucket.arnForObjects("evaluations/*")],
      additionalIamStatements: [allow(["kms:Decrypt"], [this.home.key.keyArn])],
      parameters: {
        Bucket: bucket,
        Key: `{% $substringAfter($plan.uris.evaluation, '${bucket}/') & 'model_card.json' %}`,
        Range: "bytes=0-99999",
      },
      assign: {
        model_card:
          "{% ($parse($states.result.Body); $replace($states.result.Body, /[\\r\\n]+/, ' ')) %}",
      },
      outputs: {},
    });
    states.retried(state, ["S3.S3Exception", "S3.SdkClientException", "S3.SlowDown"]);
    return state;
  }

  private register(
    states: States,
    name: string,
    card: Record<string, unknown>,
    metadata: Record<string, string>,
  ): CallAwsService {
    const statistics = {
      ContentType: "application/json",
      S3Uri: "{% $plan.uris.evaluation & 'metrics.json' %}",
    };
    const state = tasks.CallAwsService.jsonata(this, name, {
      service: "sagemaker",
      action: "createModelPackage",
      iamAction: "sagemaker:CreateModelPackage",
      iamResources: [
        sagemakerArn(`model-package-group/${this.home.name}`),
        sagemakerArn(`model-package/${this.home.name}/*`),
      ],
      parameters: {
        ModelPackageGroupName: this.home.name,
        InferenceSpecification: {
          Containers: [{ Image: TRAINING_IMAGE, ModelDataUrl: "{% $plan.uris.artifact %}" }],
          SupportedContentTypes: ["text/csv"],
          SupportedResponseMIMETypes: ["text/csv"],
          SupportedTransformInstanceTypes: ["ml.m5.xlarge"],
        },
        ModelApprovalStatus: "PendingManualApproval",
        ClientToken: "{% $plan.run %}",
        ModelMetrics: { ModelQuality: { Statistics: statistics } },
        ...card,
        CustomerMetadataProperties: {
          run: "{% $plan.run %}",
          data_version: "{% $plan.data_version %}",
          code_version: "unversioned",
          job_code: this.home.jobCode.s3ObjectKey,
          image: TRAINING_IMAGE,
          training_job: "{% $plan.names.Train %}",
          model: "{% $plan.names.CreateModel %}",
          program: "{% $plan.uris.program %}",
          evaluation: "{% $plan.uris.evaluation %}",
          ...metadata,
        },
      },
      assign: { package_arn: "{% $states.result.ModelPackageArn %}" },
      outputs: {},
    });
    states.retried(state, SAGEMAKER);
    return state;
  }

  private decide(states: States): CallAwsService {
    const state = tasks.CallAwsService.jsonata(this, "Decide", {
      service: "sagemaker",
      action: "updateModelPackage",
      iamAction: "sagemaker:UpdateModelPackage",
      iamResources: [sagemakerArn(`model-package/${this.home.name}/*`)],
      parameters: {
        ModelPackageArn: "{% $package_arn %}",
        ModelApprovalStatus: "{% $gate.passed ? 'Approved' : 'Rejected' %}",
        ApprovalDescription:
          "{% $substring($gate.passed ? 'The gate passed.' : 'The gate refused: ' " +
          "& $join($gate.reasons, ' '), 0, 1000) %}",
      },
      assign: {
        result: {
          outcome: "{% $gate.passed ? 'Succeeded' : 'Refused' %}",
          package_arn: "{% $package_arn %}",
          passed: "{% $gate.passed ? 'true' : 'false' %}",
          reasons: "{% $join($gate.reasons, ' ') %}",
          metrics: "{% $string($gate.metrics) %}",
        },
      },
      outputs: {},
    });
    states.retried(state, SAGEMAKER);
    states.caught(state);
    return state;
  }
}
