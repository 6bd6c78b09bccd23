/** What the Python side made: bundles to upload, and the settings that the planning functions read. */
import { readFileSync } from "node:fs";

export interface Bundle {
  readonly path: string;
  readonly digest: string;
}

export type Settings = Readonly<Record<string, unknown>>;

export interface Inputs {
  readonly lambda_code: Bundle;
  readonly job_code: Bundle;
  readonly wheels: Readonly<Record<"data" | "evaluate", Bundle>>;
  readonly settings: Readonly<Record<"training" | "batch_inference", Settings>>;
}

export function readInputs(path: string): Inputs {
  return JSON.parse(readFileSync(path, "utf8"));
}
