import pytest

from mdlc_constructs.settings.s3_folder import check_s3_folder


@pytest.mark.parametrize(
    "uri", ["s3://bucket/", "s3://bucket/a/b/", "s3://${Token[T.1]}/a/", "${Token[T.1]}a/"]
)
def test_a_folder_is_accepted_as_far_as_it_is_known(uri: str) -> None:
    check_s3_folder("uri", uri)


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/a", "https://bucket/a/", "s3://Bucket/a/"])
def test_anything_else_is_refused_by_its_argument(uri: str) -> None:
    with pytest.raises(ValueError, match="labels='"):
        check_s3_folder("labels", uri)
