/** Model stacks of L2 constructs: `node stack.ts INPUTS NUMBER OUTDIR`. */
import type { Construct as Scope } from "constructs";

import { BatchInference } from "./batch_inference.ts";
import { cdk } from "./cdk.ts";
import { Home } from "./home.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { cleanUp, jobRole, modelBucket, running } from "./statements.ts";
import { Training } from "./training.ts";

/** A home, a training and a batch inference workflow of one model. */
class ModelStack extends cdk.Stack {
  constructor(scope: Scope, id: string, { name, inputs }: { name: string; inputs: Inputs }) {
    super(scope, id);
    const home = new Home(this, "Model", { name, inputs });
    home.cleanUp(cleanUp(home));
    const modelRole = jobRole(this, "ModelRole", [
      ...running(home, "TransformJobs", "sagemaker-xgboost"),
      ...modelBucket(home, { reads: ["training", "splits", "prepared"], writes: ["scores"] }),
    ]);
    new Training(this, "Training", { home, modelRole });
    new BatchInference(this, "BatchInference", { home, modelRole });
  }
}

const [path, number, outdir] = process.argv.slice(2);
const inputs = readInputs(path);
const app = new cdk.App({ outdir });
for (let index = 0; index < Number(number); index++) {
  new ModelStack(app, `Model${index}`, { name: `model-${index}`, inputs });
}
app.synth();
