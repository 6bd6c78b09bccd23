"""Calls of the REST API of a SageMaker MLflow app, without the package mlflow.

An app of a region has the host `mlflow.sagemaker.<region>.app.aws`; requests name the app in a header and are
signed as requests to SageMaker. Source: version 0.3.0 of AWS's plugin,
https://github.com/aws/sagemaker-mlflow. The routes: https://mlflow.org/docs/latest/rest-api.html
"""

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from lambdas.aws.connection import NoAnswer, Response, Service, connection

MLFLOW = Service(
    "sagemaker", "mlflow.sagemaker", "AWS_ENDPOINT_URL_SAGEMAKER_MLFLOW", "https://{host}.{region}.app.aws"
)
ATTEMPTS = 4
TIMEOUT_SECONDS = 20.0
ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
_WAIT_SECONDS = 1.0


class MlflowUnavailable(Exception):
    """The app gave no answer. The class's name is the error's name in Step Functions."""


class MlflowRefused(Exception):
    """The app refused a request.

    Attributes:
        code: MLflow's name of the error, or the HTTP status.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class App:
    """An MLflow app.

    Args:
        arn: its ARN.
    """

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def post(self, route: str, body: Mapping[str, Any], *, attempts: int = ATTEMPTS) -> dict[str, Any]:
        """The answer to a request; one without an answer, or refused because of too many, is sent again.

        Args:
            route: the path behind `mlflow/`, such as `runs/search`.
            attempts: 1 for a request that must not be sent twice.

        Raises:
            MlflowUnavailable: when no answer came.
            MlflowRefused: with MLflow's message.
        """
        sent = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        headers = {
            "content-type": "application/json",
            "x-amz-content-sha256": hashlib.sha256(sent).hexdigest(),
            "x-sm-mlflow-app-arn": self._arn,
        }
        if attempts == 1:
            # On a connection that was used before, a request that is dropped is sent once more.
            connection(MLFLOW).close()
        failed = ""
        for attempt in range(attempts):
            if attempt:
                time.sleep(_WAIT_SECONDS * 2 ** (attempt - 1))
            try:
                answer = connection(MLFLOW).call(
                    "POST", f"/api/2.0/mlflow/{route}", headers, sent, seconds=TIMEOUT_SECONDS
                )
            except NoAnswer as error:
                failed = str(error)
                continue
            if answer.status == 429 or answer.status >= 500:
                failed = f"it answered with status {answer.status}"
                continue
            return _content(route, answer)
        raise MlflowUnavailable(f"{route}: the MLflow app gave no answer: {failed}.")


def _content(route: str, answer: Response) -> dict[str, Any]:
    try:
        content = json.loads(answer.body or b"{}")
    except ValueError:
        content = None
    if answer.status == 200 and isinstance(content, dict):
        return content
    document = content if isinstance(content, dict) else {}
    code = str(document.get("error_code") or answer.status)
    message = str(
        document.get("message") or document.get("Message") or answer.body[:300].decode(errors="replace")
    )
    raise MlflowRefused(f"{route}: {code}: {' '.join(message.split())[:600]}", code)
