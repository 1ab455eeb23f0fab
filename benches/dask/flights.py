"""What `examples/flights.rs` does, by Dask: the peer of the harness's workload `flights`.

    python flights.py [RUNS]        (needs dask, pandas and pyarrow; two threads, in this process)

Prints the seconds of each run, after one that is not counted; with RUNS 0 it runs once and prints nothing but its rows.
"""
import pathlib
import shutil
import sys
import tempfile
import time

import dask
import dask.dataframe as dd

DATA = pathlib.Path(__file__).resolve().parents[2] / "examples/data/flights"
TEXTS = dict.fromkeys(["carrier", "tailnum", "origin", "dest", "time_hour"], "string")
NUMBERS = dict.fromkeys(["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"], "float64")


def run():
    # Each file is one partition: Dask does not cut compressed ones.
    flights = dd.read_csv(str(DATA / "*.csv.gz"), blocksize=None, dtype=TEXTS | NUMBERS)
    flown = flights[flights.dep_time.notnull()]
    rows = len(flights)

    def late(by):
        return flown.groupby(by).dep_delay.agg(["mean", "count"])

    months, routes = late(["month", "carrier"]), late(["origin", "dest"])
    origins, worst_months, worst_routes = dask.compute(
        late("origin"),
        months[months["count"] > 100].nlargest(5, "mean"),
        routes[routes["count"] > 100].nlargest(10, "mean"),
    )

    airlines = dd.read_csv(str(DATA / "airlines.csv"))
    planes = dd.read_csv(str(DATA / "planes.csv"), dtype={"year": "float64"})
    planes = planes[["tailnum", "year", "seats"]].rename(columns={"year": "built"})
    joined = flown.merge(airlines, on="carrier", how="left").merge(planes, on="tailnum", how="left")
    directory = pathlib.Path(tempfile.gettempdir()) / "dask-flights"
    shutil.rmtree(directory, ignore_errors=True)
    joined.to_parquet(directory, compression="snappy")

    read = dd.read_parquet(directory)
    read = read.assign(age=2013 - read.built, known=read.built.notnull())
    oldest = read.groupby("name").agg({"age": "mean", "known": "mean", "flight": "count"}).nlargest(3, "age").compute()
    return rows, origins, worst_months, worst_routes, oldest


def main():
    dask.config.set(scheduler="threads", num_workers=2)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    shown = run()
    print(shown[0], "rows")
    if runs == 0:
        return
    print(*shown[1:], sep="\n")
    for _ in range(runs):
        before = time.perf_counter()
        run()
        print(f"{time.perf_counter() - before:.3f} s")


if __name__ == "__main__":
    main()
