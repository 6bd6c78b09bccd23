"""The flights' columns, the quality rules of a batch, and the split by time.

The question: at scheduled departure, will the flight arrive 15 or more minutes late?
"""

from datetime import date

from mdlc_constructs import Dataset, QualityRules, Split

COLUMNS = {
    "flight_id": "text",
    "time_hour": "timestamp",
    "tail_number": "text",
    "carrier": "category",
    "flight_number": "text",
    "origin": "category",
    "destination": "category",
    "distance": "integer",
    "scheduled_minute": "integer",
    "scheduled_arrival_minute": "integer",
    "plane_year": "integer",
    "manufacturer": "category",
    "plane_model": "category",
    "engines": "integer",
    "seats": "integer",
    "engine_type": "category",
    "temperature": "number",
    "dew_point": "number",
    "humidity": "number",
    "wind_direction": "number",
    "wind_speed": "number",
    "precipitation": "number",
    "pressure": "number",
    "visibility": "number",
    "dep_time": "integer",
    "dep_delay": "integer",
    "arr_time": "integer",
    "arr_delay": "integer",
    "air_time": "integer",
    "late": "integer",
}

PLANE_FACTS = ("plane_year", "manufacturer", "plane_model", "engines", "seats", "engine_type")
"""Columns that passengers do not know; they are looked up by the tail number."""


def flights(uri: str) -> Dataset:
    """The dataset of the flights below a prefix; columns known only after departure are no features."""
    return Dataset.csv(
        uri,
        label="late",
        timestamp="time_hour",
        entity="tail_number",
        row_key=("flight_id",),
        columns=COLUMNS,
        known_after=("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"),
        calendar=("hour", "dayofweek"),
    )


def rules() -> QualityRules:
    """The quality rules; planes missing in the register and gaps of weather stations are tolerated."""
    return QualityRules(
        minimum_rows=1000,
        missing_share={"plane_year": 0.3, "pressure": 0.3},
        ranges={"distance": (1, 6000), "scheduled_minute": (0, 1439), "humidity": (0, 100)},
        accepted_values={"origin": ("EWR", "JFK", "LGA")},
    )


def split() -> Split:
    """Train on January to August, choose the number of trees on September, judge on October to December."""
    return Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1))
