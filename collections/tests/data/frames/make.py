"""Writes the files beside it that other programs made, by pyarrow 26: python3 make.py"""

import datetime
import decimal
import pathlib
import shutil

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather as feather
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent


def table(rows):
    day = datetime.date(2020, 2, 28)
    noon = datetime.datetime(2020, 2, 28, 12)
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "small": pa.array([i % 5 if i % 7 else None for i in range(rows)], pa.int8()),
            "count": pa.array([i % 11 for i in range(rows)], pa.uint32()),
            "x": pa.array([float("nan") if i % 6 == 5 else i / 4 for i in range(rows)], pa.float64()),
            "name": pa.array([None if i % 9 == 8 else f"name {i % 4}" for i in range(rows)]),
            "kind": pa.array([["red", "green", "blue"][i % 3] for i in range(rows)]).dictionary_encode(),
            "ok": pa.array([i % 2 == 0 for i in range(rows)]),
            "day": pa.array([day + datetime.timedelta(days=i) for i in range(rows)], pa.date32()),
            "at": pa.array([noon + datetime.timedelta(hours=i) for i in range(rows)], pa.timestamp("us")),
            "zoned": pa.array([noon + datetime.timedelta(hours=i) for i in range(rows)], pa.timestamp("ms", "UTC")),
            "list": pa.array([[i] * (i % 3) for i in range(rows)], pa.list_(pa.int64())),
        }
    )


# Several row groups, statistics, dictionaries, nulls and NaN.
pq.write_table(table(40), here / "groups.parquet", row_group_size=10)
# Times as old writers have them, whose statistics have no order.
pq.write_table(table(4).select(["id", "at"]), here / "int96.parquet", use_deprecated_int96_timestamps=True)
# A type that frames do not have.
prices = pa.array([decimal.Decimal("1.25"), None], pa.decimal128(10, 2))
pq.write_table(pa.table({"id": [1, 2], "price": prices}), here / "decimal.parquet")
# Folders as Hive has them, as Dask and pandas write them too.
shutil.rmtree(here / "hive", ignore_errors=True)
rows = pa.table({"km": [1, 2, 3, 4], "year": [2013, 2013, 2014, 2014], "brand": ["a/b", None, "a/b", "c"]})
parts = ds.partitioning(pa.schema([("year", pa.int64()), ("brand", pa.string())]), flavor="hive")
ds.write_dataset(rows, here / "hive", format="parquet", partitioning=parts)
# Several record batches, compressed, and a stream.
feather.write_feather(table(20), here / "batches.feather", compression="zstd", chunksize=8)
with pa.ipc.new_stream(here / "stream.arrows", table(4).schema) as stream:
    stream.write_table(table(4), max_chunksize=3)
