import pytest

from mdlc_constructs.tasks.permissions import arn, name_pattern, pass_role, use_key, waited_job


def test_arns_are_of_the_stacks_own_place() -> None:
    assert arn("sagemaker", "model/m") == "arn:${Partition}:sagemaker:${Region}:${Account}:model/m"


@pytest.mark.parametrize("kind", ["Training", "Processing", "Transform"])
def test_a_waited_job_is_started_watched_stopped_and_tagged_by_name(kind: str) -> None:
    job, rule = waited_job(kind, "churn-*")
    verbs = [f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop")]
    assert set(job.actions) == {*verbs, "sagemaker:AddTags", "sagemaker:ListTags"}
    assert job.resources == (arn("sagemaker", f"{kind.lower()}-job/churn-*"),)
    assert set(rule.actions) == {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
    assert rule.resources == (arn("events", f"rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule"),)


def test_exactly_one_role_is_passed_to_exactly_one_service() -> None:
    statement = pass_role("${TrainRole}")
    assert statement.resources == ("${TrainRole}",)
    assert statement.conditions == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    with pytest.raises(ValueError, match=r"role_arn='{% .role %}' is known only at run time"):
        pass_role("{% $role %}")


def test_a_key_is_used_through_its_service_only() -> None:
    assert use_key(None, "s3") == ()
    (statement,) = use_key("${Key}", "s3")
    assert set(statement.actions) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statement.resources == ("${Key}",)
    assert statement.conditions == {"StringLike": {"kms:ViaService": "s3.${Region}.amazonaws.com*"}}


def test_a_pattern_is_asked_for_when_the_name_is_known_later() -> None:
    assert name_pattern("job_name", "churn-1", None) == "churn-1"
    assert name_pattern("job_name", "{% $name %}", "churn-*") == "churn-*"
    with pytest.raises(
        ValueError, match=r"job_name='{% .name %}' is known only at run time; pass name_pattern"
    ):
        name_pattern("job_name", "{% $name %}", None)
