"""A team whose model is trained by a Glue Python shell job instead of a SageMaker training job."""
