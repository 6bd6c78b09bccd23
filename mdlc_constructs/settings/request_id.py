"""How a caller names a request, so that a repeated one is known."""

MAX_REQUEST_ID_CHARACTERS = 64
"""A request id is the endpoint's inference id too, which holds no more.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""
REQUEST_ID_PATTERN = f"^[A-Za-z0-9][A-Za-z0-9._:-]{{0,{MAX_REQUEST_ID_CHARACTERS - 1}}}$"
