"""Monthly forecasts of how many people work in each industry, with a container of the team's own."""

from aws_cdk import App, RemovalPolicy, Stack

from mdlc_constructs import (
    BatchInferenceWorkflow,
    CustomImage,
    Dataset,
    Forecast,
    Gate,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    TrainingWorkflow,
)


class ForecastStack(Stack):
    """Trains, scores and monitors forecasts of the next six months of each industry."""

    def __init__(self, scope: App, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name="workforce", removal_policy=RemovalPolicy.DESTROY)
        data = Dataset.csv(
            f"s3://{home.bucket_name}/raw/",
            task="forecast",
            label="employed",
            timestamp="month",
            entity="industry",
            columns={},
            forecast=Forecast(horizon=6, frequency="MS"),
        )
        image = f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/workforce-forecast:1"
        own = CustomImage(image_uri=image, content_type="application/jsonlines")
        gate = Gate(at_most={"mase": 1.0}, better_than_champion="wql")
        TrainingWorkflow(self, "Training", home=home, dataset=data, algorithm=own, gate=gate)
        batch = BatchInferenceWorkflow(self, "Batch", home=home, dataset=data)
        labels = Labels(uri=f"s3://{home.bucket_name}/raw/", by="entity_and_time")
        MonitoringWorkflow(self, "Monitoring", home=home, dataset=data, batch=batch, labels=labels)
