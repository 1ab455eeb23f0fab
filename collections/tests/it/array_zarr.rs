//! Zarr stores.
