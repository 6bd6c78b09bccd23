/** Key, bucket, table, package group, functions and clean-up of one model. */
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket, CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { CfnModelPackageGroup } from "aws-cdk-lib/aws-sagemaker";
import type { Construct as Scope } from "constructs";

import { cdk, Construct, dynamodb, iam, kms, lambda, logs, s3, s3_assets, sagemaker } from "./cdk.ts";
import type { Bundle, Inputs } from "./inputs.ts";

/** What both workflows of a model stand on. */
export class Home extends Construct {
  readonly name: string;
  readonly inputs: Inputs;
  readonly key: Key;
  readonly bucket: Bucket;
  readonly table: Table;
  readonly group: CfnModelPackageGroup;
  readonly jobCode: Asset;
  readonly wheels: Readonly<Record<"data" | "evaluate", Asset>>;

  constructor(scope: Scope, id: string, { name, inputs }: { name: string; inputs: Inputs }) {
    super(scope, id);
    this.name = name;
    this.inputs = inputs;
    this.key = new kms.Key(this, "Key", {
      description: `Everything of the model ${name}`,
      enableKeyRotation: true,
      removalPolicy: cdk.RemovalPolicy.DESTROY,
    });
    this.key.grantEncryptDecrypt(new iam.ServicePrincipal(`logs.${cdk.Aws.REGION}.amazonaws.com`));
    this.bucket = new s3.Bucket(this, "Bucket", {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ id: "unfinished", abortIncompleteMultipartUploadAfter: cdk.Duration.days(7) }],
      removalPolicy: cdk.RemovalPolicy.DESTROY,
    });
    // eventBridgeEnabled would bring a custom resource and a function of its own.
    (this.bucket.node.defaultChild as CfnBucket).addPropertyOverride(
      "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
      true,
    );
    this.table = new dynamodb.Table(this, "Audit", {
      partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
      sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: cdk.RemovalPolicy.DESTROY,
    });
    this.group = new sagemaker.CfnModelPackageGroup(this, "Packages", {
      modelPackageGroupName: name,
      modelPackageGroupDescription: `Versions of ${name}`,
    });
    this.group.applyRemovalPolicy(cdk.RemovalPolicy.DESTROY);
    this.jobCode = this.asset("JobCode", inputs.job_code);
    this.wheels = {
      data: this.asset("DataWheels", inputs.wheels.data),
      evaluate: this.asset("EvaluateWheels", inputs.wheels.evaluate),
    };
  }

  private asset(id: string, { path, digest }: Bundle): Asset {
    return new s3_assets.Asset(this, id, { path, assetHash: digest });
  }

  /** One of the functions, with its log group. */
  function(id: string, handler: string, description: string, statements: PolicyStatement[]): LambdaFunction {
    const { path, digest } = this.inputs.lambda_code;
    const logGroup = this.logGroup(this, `${id}Logs`);
    return new lambda.Function(this, id, {
      runtime: lambda.Runtime.PYTHON_3_14,
      architecture: lambda.Architecture.ARM_64,
      handler,
      description,
      code: lambda.Code.fromAsset(path, { assetHash: digest }),
      timeout: cdk.Duration.minutes(5),
      memorySize: 512,
      tracing: lambda.Tracing.ACTIVE,
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup,
      initialPolicy: statements,
    });
  }

  /** An encrypted log group. */
  logGroup(scope: Scope, id: string, name?: string): LogGroup {
    return new logs.LogGroup(scope, id, {
      logGroupName: name,
      retention: logs.RetentionDays.ONE_YEAR,
      encryptionKey: this.key,
      removalPolicy: cdk.RemovalPolicy.DESTROY,
    });
  }

  /** End what executions made when the stack is deleted. */
  cleanUp(statements: PolicyStatement[]): void {
    const ender = this.function(
      "CleanUp",
      "lambdas.functions.clean_up.handler.handler",
      "Ends what executions made when a stack is deleted",
      statements,
    );
    const resource = new cdk.CustomResource(this, "CleanUpWhenDeleted", {
      serviceToken: ender.functionArn,
      serviceTimeout: cdk.Duration.minutes(15),
      resourceType: "Custom::MdlcCleanUp",
      properties: { Model: this.name, Group: this.name, Bucket: this.bucket.bucketName },
    });
    resource.node.addDependency(this.group, this.bucket, this.key);
  }
}
