import pytest

from mdlc_constructs.workflows.planner_role import planning


@pytest.mark.parametrize("kind", ["ProcessingJob", "TrainingJob", "TransformJob", "Model", "ModelPackage"])
def test_only_the_models_own_names_are_looked_at(kind: str) -> None:
    statements = planning("flights", "training", kind, dataset_key_arn=None)
    looked_at = {
        action: each.resources
        for each in statements
        for action in each.actions
        if action.startswith("sagemaker:")
    }
    (resources,) = looked_at.values()
    assert set(looked_at) == {f"sagemaker:Describe{kind}"}
    assert all("/flights" in resource for resource in resources)


def test_the_planner_writes_plans_and_nothing_else() -> None:
    statements = planning("flights", "training", "Model", dataset_key_arn="arn:key")
    written = [each.resources for each in statements if "s3:PutObject" in each.actions]
    assert written == [("arn:${Partition}:s3:::${Bucket}/runs/*",)]
