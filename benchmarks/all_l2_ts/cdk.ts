/**
 * The CDK's modules, required rather than imported: an import would read every name of a CommonJS module at
 * once, and so load all of the CDK. What `tsc` writes for a CDK app requires them too.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const cdk = require("aws-cdk-lib") as typeof import("aws-cdk-lib");
export const cloudwatch =
  require("aws-cdk-lib/aws-cloudwatch") as typeof import("aws-cdk-lib/aws-cloudwatch");
export const dynamodb = require("aws-cdk-lib/aws-dynamodb") as typeof import("aws-cdk-lib/aws-dynamodb");
export const ec2 = require("aws-cdk-lib/aws-ec2") as typeof import("aws-cdk-lib/aws-ec2");
export const iam = require("aws-cdk-lib/aws-iam") as typeof import("aws-cdk-lib/aws-iam");
export const kms = require("aws-cdk-lib/aws-kms") as typeof import("aws-cdk-lib/aws-kms");
export const lambda = require("aws-cdk-lib/aws-lambda") as typeof import("aws-cdk-lib/aws-lambda");
export const logs = require("aws-cdk-lib/aws-logs") as typeof import("aws-cdk-lib/aws-logs");
export const s3 = require("aws-cdk-lib/aws-s3") as typeof import("aws-cdk-lib/aws-s3");
export const s3_assets = require("aws-cdk-lib/aws-s3-assets") as typeof import("aws-cdk-lib/aws-s3-assets");
export const sagemaker = require("aws-cdk-lib/aws-sagemaker") as typeof import("aws-cdk-lib/aws-sagemaker");
export const sfn = require("aws-cdk-lib/aws-stepfunctions") as typeof import("aws-cdk-lib/aws-stepfunctions");
export const tasks =
  require("aws-cdk-lib/aws-stepfunctions-tasks") as typeof import("aws-cdk-lib/aws-stepfunctions-tasks");
export const { Construct } = require("constructs") as typeof import("constructs");
