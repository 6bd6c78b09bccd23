import pytest

from benchmarks.prices import PRICES, Request, express_shape, lambda_shape


def test_a_million_decisions_of_the_function() -> None:
    request = Request(milliseconds=20, record_bytes=1500, looked_up_bytes=300, memory_mb=1024)
    cost = lambda_shape(request)
    # 20 ms of 1 GB are 0.02 GB-seconds; two units of writing, half a unit of reading.
    assert cost == pytest.approx(
        {"API Gateway": 3.50, "Lambda": 0.20 + 0.266668, "DynamoDB": 2 * 0.625 + 0.0625}
    )


def test_a_million_decisions_of_the_machine() -> None:
    request = Request(
        milliseconds=101,
        record_bytes=1000,
        looked_up_bytes=0,
        function_calls=1,
        function_milliseconds=4.2,
        memory_mb=512,
    )
    cost = express_shape(request)
    # Billed 200 ms of 64 MB are 0.0125 GB-seconds; 5 ms of half a GB.
    assert cost == pytest.approx(
        {
            "API Gateway": 3.50,
            "Step Functions": 1.00 + 0.0125 * 0.06 / 3600 * 1e6,
            "Lambda": 0.20 + 0.0025 * 13.3334,
            "DynamoDB": 0.625,
        }
    )


def test_every_price_says_where_it_is_from() -> None:
    assert all(price.source.startswith("https://") and price.dollars > 0 for price in PRICES.values())
