"""What is known only after departure cannot become a feature of the flights."""

from dataclasses import replace

import pytest

from examples.flight_delay.dataset import flights


@pytest.mark.parametrize("column", ["dep_delay", "dep_time", "arr_delay", "arr_time", "air_time"])
def test_a_feature_that_is_known_only_after_departure_is_refused(column: str) -> None:
    dataset = flights("s3://bucket/flights/")
    assert column not in dataset.resolved_features
    with pytest.raises(ValueError, match=rf"features='{column}'.*known only after"):
        replace(dataset, features=(*dataset.resolved_features, column))
