"""Makes the files that the tests of stores read: pip install numpy dask zarr, then run this in its own directory."""

import pathlib
import shutil

import dask.array
import numpy
import zarr
import zarr.codecs
from numpy.lib import format as npy

here = pathlib.Path(__file__).parent
for name in ["npy", "stack", "stack1", "zarr"]:
    shutil.rmtree(here / name, ignore_errors=True)
(here / "npy").mkdir()
(here / "zarr").mkdir()

table = numpy.arange(12.0).reshape(3, 4) / 4 - 1


def save(name, array, version=None):
    with open(here / "npy" / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version)


# .npy, all types and orders
save("c_f8", table)
save("fortran_f8", numpy.asfortranarray(table))
save("big_f8", table.astype(">f8"))
save("big_fortran_i4", numpy.asfortranarray(numpy.arange(24, dtype=">i4").reshape(2, 3, 4)))
save("f4", table.astype("f4"))
save("i8", numpy.arange(-3, 4))
save("i4", numpy.arange(-3, 4, dtype="i4"))
save("u1", numpy.arange(250, 256, dtype="u1"))
save("bool", table > 0)
save("c16", table + 1j * table[::-1])
save("big_c16", (table + 1j * table[::-1]).astype(">c16"))
save("scalar", numpy.array(2.5))
save("empty", numpy.zeros((0, 3)))
save("version2", table, (2, 0))
save("version3", table, (3, 0))
save("i2", numpy.arange(3, dtype="i2"))
save("text", numpy.array(["one", "three"]))
save("structure", numpy.zeros(2, dtype=[("name", "i4"), ("age", "f8")]))

# stacks of Dask
box = dask.array.from_array(numpy.arange(60).reshape(5, 3, 4), chunks=(2, 2, 4))
dask.array.to_npy_stack(here / "stack", box, axis=0)
dask.array.to_npy_stack(here / "stack1", box, axis=1)

# Zarr, both versions
for version in [2, 3]:

    def make(name, array, chunks, version=version, **options):
        path = here / "zarr" / f"v{version}_{name}"
        options = {"fill_value": 0, **options}
        stored = zarr.create_array(path, shape=array.shape, chunks=chunks, dtype=array.dtype, zarr_format=version, **options)
        stored[...] = array

    make("plain", table, (2, 3), compressors=None)
    make("default", table, (2, 3))
    make("bool", table > 0, (2, 3), fill_value=False)
    make("big_i4", numpy.arange(12, dtype=">i4").reshape(3, 4), (2, 3))
    make("c16", table + 1j * table[::-1], (2, 3))
    make("scalar", numpy.array(2.5), ())
    make("i2", numpy.arange(3, dtype="i2"), (2,))
    # no chunk is written: all elements are the fill value
    zarr.create_array(here / "zarr" / f"v{version}_filled", shape=(3, 4), chunks=(2, 3), dtype="f8", fill_value=numpy.nan, zarr_format=version)

import numcodecs

zarr.create_array(here / "zarr" / "v2_fortran", shape=(3, 4), chunks=(2, 3), dtype="f8", order="F", zarr_format=2, fill_value=0, compressors=numcodecs.Zlib())[...] = table
zarr.create_array(here / "zarr" / "v2_gzip", shape=(3, 4), chunks=(2, 3), dtype="f4", zarr_format=2, fill_value=0, compressors=numcodecs.GZip())[...] = table
zarr.create_array(here / "zarr" / "v2_blosc", shape=(3, 4), chunks=(2, 3), dtype="f8", zarr_format=2, fill_value=0, compressors=numcodecs.Blosc())[...] = table
zarr.create_array(here / "zarr" / "v3_gzip", shape=(3, 4), chunks=(2, 3), dtype="f4", zarr_format=3, fill_value=0, compressors=zarr.codecs.GzipCodec())[...] = table
zarr.create_array(here / "zarr" / "v3_blosc", shape=(3, 4), chunks=(2, 3), dtype="f8", zarr_format=3, fill_value=0, compressors=zarr.codecs.BloscCodec())[...] = table
zarr.create_array(here / "zarr" / "v3_sharded", shape=(6, 4), shards=(4, 4), chunks=(2, 2), dtype="i8", zarr_format=3, fill_value=0)[...] = numpy.arange(24).reshape(6, 4)
zarr.create_array(here / "zarr" / "v3_turned", shape=(3, 4), chunks=(2, 3), dtype="f8", zarr_format=3, fill_value=0, filters=[zarr.codecs.TransposeCodec(order=(1, 0))])[...] = table
group = zarr.create_group(here / "zarr" / "v3_group", zarr_format=3)
group.create_array("inner/table", shape=(3, 4), chunks=(2, 3), dtype="f8")[...] = table
