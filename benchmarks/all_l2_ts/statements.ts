/** Statements of roles, as L2 policy statements. */
import type { Conditions, IRole, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import type { Construct as Scope } from "constructs";

import { cdk, iam } from "./cdk.ts";
import type { Home } from "./home.ts";

const XGBOOST_ACCOUNT = "683313688378";
const REGISTRY = `${XGBOOST_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com`;
export const JOB_IMAGE = `${REGISTRY}/sagemaker-scikit-learn:1.4-2-py312-cpu-py3`;
export const TRAINING_IMAGE = `${REGISTRY}/sagemaker-xgboost:3.0-5`;

/** One statement. */
export function allow(actions: string[], resources: string[], conditions?: Conditions): PolicyStatement {
  return new iam.PolicyStatement({ actions, resources, conditions });
}

/** ARN of something of a service in this region and account. */
function arn(service: string, resource: string): string {
  return `arn:${cdk.Aws.PARTITION}:${service}:${cdk.Aws.REGION}:${cdk.Aws.ACCOUNT_ID}:${resource}`;
}

export function sagemakerArn(resource: string): string {
  return arn("sagemaker", resource);
}

/** What every job needs besides its data. */
export function running(home: Home, kind: string, repository: string): PolicyStatement[] {
  const group = arn("logs", `log-group:/aws/sagemaker/${kind}`);
  return [
    allow(
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      [group, `${group}:*`],
    ),
    allow(["cloudwatch:PutMetricData"], ["*"], { StringLike: { "cloudwatch:namespace": "*SageMaker*" } }),
    allow(["ecr:GetAuthorizationToken"], ["*"]),
    allow(
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      [`arn:${cdk.Aws.PARTITION}:ecr:*:${XGBOOST_ACCOUNT}:repository/${repository}`],
    ),
    allow(["kms:CreateGrant"], [home.key.keyArn], { Bool: { "kms:GrantIsForAWSResource": "true" } }),
  ];
}

/** Reading and writing below prefixes of the model's bucket; `also` is read without listing. */
export function modelBucket(
  home: Home,
  { reads, writes, also = [] }: { reads: string[]; writes: string[]; also?: string[] },
): PolicyStatement[] {
  const below = (prefixes: string[]) => prefixes.map((prefix) => home.bucket.arnForObjects(`${prefix}/*`));
  return [
    allow(["s3:GetObject"], [...below(reads), ...also]),
    allow(["s3:ListBucket"], [home.bucket.bucketArn], {
      StringLike: { "s3:prefix": reads.map((prefix) => `${prefix}/*`) },
    }),
    allow(["s3:PutObject"], below(writes)),
    allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [home.key.keyArn]),
  ];
}

/** Reading the job code and its wheels. */
export function jobCode(home: Home, wheels: "data" | "evaluate"): PolicyStatement[] {
  const keys = [home.jobCode.s3ObjectKey, home.wheels[wheels].s3ObjectKey];
  const bucket = home.jobCode.bucket;
  return [
    allow(
      ["s3:GetObject"],
      keys.map((key) => bucket.arnForObjects(key)),
    ),
    allow(["s3:ListBucket"], [bucket.bucketArn], { StringLike: { "s3:prefix": keys } }),
  ];
}

/** Listing the dataset. */
export function listing(home: Home, prefix: string): PolicyStatement {
  return allow(["s3:ListBucket"], [home.bucket.bucketArn], { StringLike: { "s3:prefix": `${prefix}*` } });
}

/** A role that SageMaker's jobs assume. */
export function jobRole(scope: Scope, id: string, statements: PolicyStatement[]): Role {
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal("sagemaker.amazonaws.com"),
    inlinePolicies: { Work: new iam.PolicyDocument({ statements }) },
  });
}

/** What both planning functions may do. */
export function planning(home: Home, prefix: string): PolicyStatement[] {
  const jobs = [
    ["DescribeProcessingJob", "processing-job"],
    ["DescribeTransformJob", "transform-job"],
    ["DescribeModel", "model"],
  ];
  const tagged = ["training", "batch-inference"].map((workflow) =>
    arn("states", `stateMachine:${home.name}-${workflow}`),
  );
  return [
    allow(["s3:GetObject"], [home.bucket.arnForObjects(`${prefix}*`)]),
    listing(home, prefix),
    allow(["states:ListTagsForResource"], tagged),
    allow(["s3:PutObject"], [home.bucket.arnForObjects("runs/*")]),
    allow(["kms:GenerateDataKey", "kms:Decrypt"], [home.key.keyArn]),
    allow(["dynamodb:GetItem"], [home.table.tableArn]),
    ...jobs.map(([action, kind]) => allow([`sagemaker:${action}`], [sagemakerArn(`${kind}/${home.name}-*`)])),
  ];
}

/** What a machine needs that no task construct grants: jobs, by kind and roles, and the table's key. */
export function machineStatements(home: Home, rolesOf: Record<string, IRole[]>): PolicyStatement[] {
  const statements = [
    allow(["kms:Decrypt", "kms:GenerateDataKey"], [home.key.keyArn], {
      StringLike: { "kms:ViaService": `dynamodb.${cdk.Aws.REGION}.amazonaws.com*` },
    }),
  ];
  for (const [kind, roles] of Object.entries(rolesOf)) {
    const actions = ["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}${kind}Job`);
    statements.push(
      allow(
        [...actions, "sagemaker:AddTags", "sagemaker:ListTags"],
        [sagemakerArn(`${kind.toLowerCase()}-job/${home.name}-*`)],
      ),
      allow(
        ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        [arn("events", `rule/StepFunctionsGetEventsForSageMaker${kind}JobsRule`)],
      ),
      allow(
        ["iam:PassRole"],
        roles.map((role) => role.roleArn),
        { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
      ),
    );
  }
  return statements;
}

/** What the clean-up function may end. */
export function cleanUp(home: Home): PolicyStatement[] {
  const kinds = [
    ["StopTrainingJob", "training-job"],
    ["StopProcessingJob", "processing-job"],
    ["StopTransformJob", "transform-job"],
    ["DeleteModel", "model"],
  ];
  const machines = ["training", "batch-inference"].map((workflow) => `${home.name}-${workflow}`);
  const lists = [
    "ListModels",
    "ListProcessingJobs",
    "ListTrainingJobs",
    "ListTransformJobs",
    "ListHyperParameterTuningJobs",
  ];
  return [
    allow(
      lists.map((action) => `sagemaker:${action}`),
      ["*"],
    ),
    ...kinds.map(([action, kind]) =>
      allow([`sagemaker:${action}`], [sagemakerArn(`${kind}/${home.name}-*`)]),
    ),
    allow(
      ["sagemaker:StopHyperParameterTuningJob"],
      [sagemakerArn(`hyper-parameter-tuning-job/${home.name}-tune-*`)],
    ),
    allow(
      ["states:ListExecutions"],
      machines.map((name) => arn("states", `stateMachine:${name}`)),
    ),
    allow(
      ["states:StopExecution"],
      machines.map((name) => arn("states", `execution:${name}:*`)),
    ),
    allow(["sagemaker:ListModelPackages"], [sagemakerArn(`model-package-group/${home.name}`)]),
    allow(["sagemaker:DeleteModelPackage"], [sagemakerArn(`model-package/${home.name}/*`)]),
    allow(["s3:ListBucketVersions"], [home.bucket.bucketArn]),
    allow(["s3:DeleteObject", "s3:DeleteObjectVersion"], [home.bucket.arnForObjects("*")]),
  ];
}
