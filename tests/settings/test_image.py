import pytest

from mdlc_constructs.settings.image import Image


@pytest.mark.parametrize(
    ("region", "uri"),
    [
        ("us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"),
        ("eu-west-1", "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"),
        ("cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.0-5"),
    ],
)
def test_an_image_lies_in_its_regions_registry(region: str, uri: str) -> None:
    assert Image(repository="sagemaker-xgboost", version="3.0-5").uri(region) == uri


def test_jobs_run_on_scikit_learns_image_with_python_3_12() -> None:
    assert Image.jobs().uri("us-east-1").endswith("/sagemaker-scikit-learn:1.4-2-py312-cpu-py3")


def test_parts_may_be_placeholders() -> None:
    made = Image.jobs().uri_from(account="${A}", region="${R}", url_suffix="${S}")
    assert made.startswith("${A}.dkr.ecr.${R}.${S}/sagemaker-scikit-learn:")


def test_accounts_are_twelve_digits_in_every_region() -> None:
    accounts = Image.jobs().accounts
    assert len(accounts) > 30
    assert all(len(account) == 12 and account.isdigit() for account in accounts.values())


@pytest.mark.parametrize(
    ("repository", "version", "remedy"),
    [
        ("sagemaker-xgbost", "3.0-5", "did you mean 'sagemaker-xgboost'"),
        ("sagemaker-xgboost", "3.0-6", "did you mean '3.0-5'"),
    ],
)
def test_an_image_that_does_not_exist_is_refused(repository: str, version: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="no such") as error:
        Image(repository=repository, version=version)
    assert remedy in str(error.value)


def test_a_region_without_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'eu-west-1'"):
        Image.jobs().uri("eu-west-11")
