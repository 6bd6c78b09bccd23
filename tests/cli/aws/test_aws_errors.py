"""Whatever AWS answers, a person reads one sentence with what to do."""

from __future__ import annotations

import sys

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as sdk
from botocore.exceptions import ClientError

from mdlc_cli import app
from mdlc_cli.aws import aws_errors, target

WHO = "arn:aws:sts::111122223333:assumed-role/dev/jane"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:churn-training"
DENIED = (
    f"User: {WHO} is not authorized to perform: states:StartExecution on resource: {MACHINE} because no "
    "identity-based policy allows the states:StartExecution action"
)
DENIED_BY_SCP = (
    f'User: {WHO} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/key" with an '
    "explicit deny in a service control policy"
)


def answer(code: str, message: str = "", operation: str = "StartExecution") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def upload_failed(cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as error:
            raise S3UploadFailedError(f"Failed to upload a.csv to bucket/a.csv: {error}")  # noqa: B904
    except S3UploadFailedError as error:
        return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (answer("ExpiredToken"), "the AWS login has expired (ExpiredToken): log in again"),
        (answer("ExpiredTokenException"), "the AWS login has expired (ExpiredTokenException): log in again"),
        (answer("RequestExpired"), "the AWS login has expired"),
        (sdk.UnauthorizedSSOTokenError(), "has expired (UnauthorizedSSOTokenError): log in again, such as"),
        (sdk.SSOTokenLoadError(error_msg="none"), "the AWS login has expired"),
        (sdk.TokenRetrievalError(provider="sso", error_msg="no"), "the AWS login has expired"),
        (
            sdk.CredentialRetrievalError(provider="custom-process", error_msg="denied\nby it"),
            "the AWS credentials cannot be fetched (Error when retrieving credentials from custom-process: "
            "denied by it): log in again",
        ),
        (sdk.NoCredentialsError(), "there are no AWS credentials: log in"),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), "there are no AWS credentials"),
        (sdk.ProfileNotFound(profile="dev"), "(dev) could not be found: set AWS_PROFILE to one that `aws"),
        (sdk.NoRegionError(), "no AWS region is configured: set AWS_REGION"),
        (answer("InvalidClientTokenId"), "AWS does not know the access key in use"),
        (answer("SignatureDoesNotMatch"), "or its signature is wrong (SignatureDoesNotMatch): check the"),
        (
            answer("AccessDeniedException", DENIED),
            f"{WHO} may not do states:StartExecution on {MACHINE} (no identity-based policy allows the "
            "states:StartExecution action): ask for this permission, or use another profile",
        ),
        (
            answer("AccessDenied", DENIED_BY_SCP, "GetObject"),
            'may not do s3:GetObject on "arn:aws:s3:::bucket/key" (an explicit deny in a service control',
        ),
        (answer("KMS.AccessDeniedException", "no", "GetObject"), "may not call GetObject (KMS.AccessDenied"),
        (
            answer("AccessDenied", "Access Denied", "ListObjectsV2"),
            "the identity in use may not call ListObjectsV2 (AccessDenied): ask for this permission",
        ),
        (answer("403", "Forbidden", "HeadObject"), "the identity in use may not call HeadObject (403): ask"),
        (
            upload_failed(answer("AccessDenied", "Access Denied", "PutObject")),
            "the identity in use may not call PutObject (AccessDenied): ask",
        ),
        (
            answer("ThrottlingException", "Rate exceeded", "DescribeExecution"),
            "AWS throttled DescribeExecution after several tries (ThrottlingException): wait a minute",
        ),
        (answer("SlowDown", "", "GetObject"), "AWS throttled GetObject"),
        (answer("ServiceUnavailable"), "AWS failed in StartExecution (ServiceUnavailable): try again"),
        (
            sdk.EndpointConnectionError(endpoint_url="https://states.eu-west-1.amazonaws.com/"),
            "https://states.eu-west-1.amazonaws.com cannot be reached (EndpointConnectionError): check the",
        ),
        (
            sdk.ConnectTimeoutError(endpoint_url="http://127.0.0.1:4566/"),
            "the local AWS at http://127.0.0.1:4566 does not answer: look with `mdlc local status`",
        ),
        (
            sdk.ProxyConnectionError(proxy_url="http://user:secret@proxy:8080"),
            "http://proxy:8080 cannot be reached (ProxyConnectionError): check the network, the proxy",
        ),
        (
            answer("StateMachineDoesNotExist", "State Machine Does Not\nExist."),
            "AWS refused: An error occurred (StateMachineDoesNotExist) when calling the StartExecution "
            "operation: State Machine Does Not Exist",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_of_aws_is_one_sentence_with_what_to_do(error: Exception, sentence: str) -> None:
    text = aws_errors.sentence(error)
    assert sentence in text
    assert "\n" not in text and not text.endswith(".") and "secret" not in text
    assert aws_errors.is_of_aws(error)


def test_every_command_says_it_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*arguments: object) -> None:
        raise answer("ExpiredToken")

    monkeypatch.setattr(target, "reported", fails)
    monkeypatch.setattr("mdlc_cli.output.closed_pipe.handle", lambda: None)
    for command in (["audit"], ["executions"], ["show", "2"], ["watch"], ["run", "training"], ["logs"]):
        monkeypatch.setattr(sys, "argv", ["mdlc", *command])
        with pytest.raises(SystemExit) as ended:
            app.main()
        assert ended.value.code == 1
        assert capsys.readouterr().err == f"error: {aws_errors.sentence(answer('ExpiredToken'))}\n", command


def test_an_expired_login_is_said_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws_errors.is_expired(answer("ExpiredToken"))
    assert aws_errors.is_expired(upload_failed(answer("ExpiredToken")))
    assert not aws_errors.is_expired(answer("AccessDenied"))
    assert not aws_errors.is_expired(ValueError("ExpiredToken"))
    assert not aws_errors.is_of_aws(ValueError("x"))
