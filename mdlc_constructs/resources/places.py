"""Placeholders for the resources that every workflow uses, and the layout of a model's bucket. Pure text.

`docs/contracts.md` describes the layout for users.
"""

BUCKET = "${Bucket}"
KEY_ARN = "${KeyArn}"
AUDIT_TABLE = "${AuditTable}"
AUDIT_TABLE_ARN = "${AuditTableArn}"
PACKAGE_GROUP = "${PackageGroup}"
JOB_CODE = "${JobCode}"
"""S3 URI of the zip with the data jobs' code."""
JOB_CODE_FILE = "${JobCodeFile}"
"""The file name of that zip inside the container."""
JOB_IMAGE = "${JobImage}"
DATASET_BUCKET = "${DatasetBucket}"
DATASET_PREFIX = "${DatasetPrefix}"

PARTITION = "${Partition}"
REGION = "${Region}"
ACCOUNT = "${Account}"

LAYOUT = {
    "runs": "`<run>/<digest>/plan.json`: the settings, the data's files with checksums, everything decided; "
    "`<run>/probes.json`: rows and the champion's answers to them",
    "quality": "quality reports",
    "quarantine": "what a refused batch held, with reasons; the batch itself stays where it was",
    "splits": "chronological splits, the raw holdout keys, and the fitted feature program",
    "training": "model artifacts, as training jobs wrote them",
    "exports": "trained models in ONNX, each with how near its answers come",
    "mlflow": "artifacts of the runs of an MLflow app (`MlflowApp`)",
    "scores": "what transform jobs answered",
    "evaluations": "metrics, the gate's verdict and the picture",
    "baselines": "`<run>/`: statistics of what a model was trained and judged on, a sample, its performance",
    "monitoring": "`<monitor>/<window>/<digest>/`: what was found about a window of served time",
    "prepared": "batch inputs after the feature program, in shards",
    "staged": "manifests of batches that are not published yet",
    "golden-scores": "what new versions answered to recorded rows before their release",
    "golden": "`rows.jsonl`, recorded rows, and `expected.csv`: what a new version must answer to them",
    "capture": "`<endpoint>/<variant>/<year>/<month>/<day>/<hour>/*.jsonl`: what an endpoint was asked",
    "outcomes": '`*.jsonl`: what came of requests, written by the team: `{"request_id", "value"}` a line',
    "asynchronous": "answers of asynchronous endpoints",
    "rules": "`<API>.json`: a decision API's rules, uploaded by the team",
    "predictions": "`<run>/parts/*.parquet` and, last, `<run>/manifest.json`",
    "deliveries": "`<run>/<number>.jsonl`: rows of a published batch as its clients get them",
}
"""The top-level prefixes of a model's bucket, and what objects below each of them hold."""


def object_arn(*prefixes: str) -> tuple[str, ...]:
    """The ARN patterns of all objects below these prefixes of the model's bucket."""
    return tuple(f"arn:{PARTITION}:s3:::{BUCKET}/{prefix}/*" for prefix in prefixes)


def uri(*path: str) -> str:
    """The S3 URI of a path in the model's bucket."""
    return f"s3://{BUCKET}/" + "/".join(path)
