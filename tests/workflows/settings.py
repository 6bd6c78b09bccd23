"""Settings that several tests of workflows start from."""

from mdlc_constructs import BuiltInAlgorithm, Dataset, Gate, Labels
from mdlc_constructs.workflows.batch_inference.machine import BatchInferenceSettings
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.training.settings import TrainingSettings

DATASET = Dataset.csv(
    "s3://bucket/raw/",
    label="late",
    timestamp="time_hour",
    row_key=("flight_id",),
    columns={"distance": "number", "dep_delay": "number"},
    known_after=("dep_delay",),
)
ALGORITHM = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=10)
TRAINING = TrainingSettings(
    model="flights", dataset=DATASET, algorithm=ALGORITHM, gate=Gate(at_least={"auc": 0.6})
)
BATCH = BatchInferenceSettings(model="flights", dataset=DATASET)
MONITORING = MonitoringSettings(
    model="flights",
    dataset=DATASET,
    endpoint="flights",
    labels=Labels(uri="s3://bucket/raw/"),
    labels_uri="s3://${LabelsBucket}/${LabelsPrefix}",
)
