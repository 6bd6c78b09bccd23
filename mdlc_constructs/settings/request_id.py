"""The format of the id that a caller gives to a request, by which repeated requests are recognized."""

MAX_REQUEST_ID_CHARACTERS = 64
"""The maximum length: a request id is also the endpoint's inference id, which cannot be longer.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""
REQUEST_ID_PATTERN = f"^[A-Za-z0-9][A-Za-z0-9._:-]{{0,{MAX_REQUEST_ID_CHARACTERS - 1}}}$"
