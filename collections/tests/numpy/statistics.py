"""Golden values of statistics, from NumPy: `python statistics.py > statistics.json`."""

import json
import warnings

import numpy as np

warnings.simplefilter("ignore")


def plain(value):
    """Lists with NaN and infinities as text, which JSON has no numbers for."""
    value = np.asarray(value)
    flat = [x if np.isfinite(x) else str(x) for x in value.ravel().tolist()]
    return {"shape": list(value.shape), "data": flat}


x = np.array([[3.5, -1.0, 2.25, 8.0, 0.5], [1.0, 1.0, 7.5, -4.0, 2.0], [6.0, 0.125, -2.5, 3.0, 9.0], [0.0, 5.5, 1.5, 2.5, -7.0]])
holes = x.copy()
holes[0, 1] = holes[2, 3] = np.nan
holes[:, 4] = np.nan
w = np.array([0.5, 2.0, 1.0, 3.0])
n = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9, 0, 1])

golden = {
    "var": np.var(x, axis=0),
    "std_all": np.std(x, ddof=1),
    "nanvar": np.nanvar(holes, axis=0, ddof=1),
    "nanstd": np.nanstd(holes, axis=1),
    "var_few": np.var(x[:1], axis=0, ddof=1),
    "var_fewer": np.var(x[:2], axis=0, ddof=3),
    "average": np.average(x, axis=0, weights=w),
    "median": np.median(x, axis=0),
    "median_all": np.median(x),
    "nanmedian": np.nanmedian(holes, axis=0),
    "percentile": np.percentile(x, [0, 12.5, 50, 99, 100], axis=1),
    "nanpercentile": np.nanpercentile(holes, 30, axis=1),
    "cov": np.cov(x),
    "cov_0": np.cov(x, ddof=0),
    "cov_row": np.cov(x[0]),
    "corrcoef": np.corrcoef(x),
    "argmax": np.argmax(holes, axis=0),
    "argmin": np.argmin(x),
    "histogram": np.histogram(x, bins=7, range=(-4, 8))[0],
    "histogram_edges": np.histogram(x, bins=7, range=(-4, 8))[1],
    "histogram_uneven": np.histogram(x, bins=[-4, 0, 1, 1.5, 8])[0],
    "histogram_weighted": np.histogram(x, bins=3, range=(0, 3), weights=np.abs(x) / 4)[0],
    "histogram_density": np.histogram(x, bins=[-4, 0, 1, 1.5, 8], density=True)[0],
    "histogram_thirds": np.histogram(np.arange(10) / 10, bins=10, range=(0, 0.9))[0],
    "histogram2d": np.histogram2d(x.ravel(), x.ravel()[::-1], bins=[3, [-4, 0, 2, 9]], range=[[-4, 8], [-4, 9]])[0],
    "digitize": np.digitize(holes, [-1.0, 1.0, 2.5, 6.0]),
    "digitize_right": np.digitize(x, [-1.0, 1.0, 2.5, 6.0], right=True),
    "digitize_falling": np.digitize(x, [6.0, 2.5, 1.0, -1.0]),
    "digitize_falling_right": np.digitize(x, [6.0, 2.5, 1.0, -1.0], right=True),
    "searchsorted": np.searchsorted(np.sort(n), [[5, 0, 10], [1, 4, 9]]),
    "searchsorted_right": np.searchsorted(np.sort(n), [[5, 0, 10], [1, 4, 9]], side="right"),
    "bincount": np.bincount(n, minlength=12),
    "bincount_weighted": np.bincount(n, weights=np.arange(14) / 4),
    "unique": np.unique(n),
    "unique_counts": np.unique(n, return_counts=True)[1],
    "unique_index": np.unique(n, return_index=True)[1],
    "unique_inverse": np.unique(n, return_inverse=True)[1],
    "gradient": np.gradient(x, 0.5, axis=1),
    "gradient_uneven": np.gradient(x, [0, 1, 1.5, 4, 4.25], axis=1),
    "gradient_places": np.gradient(x, [0, 2, 4, 6, 8], axis=1),
    "cumsum": np.cumsum(x, axis=0),
    "nancumprod": np.nancumprod(holes, axis=1),
    "ediff1d": np.ediff1d(x),
    "ptp": np.ptp(x, axis=1),
}
for method in ["lower", "higher", "midpoint", "nearest", "hazen", "weibull", "median_unbiased", "normal_unbiased"]:
    golden[f"quantile_{method}"] = np.quantile(x, [0.01, 0.1, 0.25, 0.5, 0.8, 0.99], axis=0, method=method)
golden["x"], golden["holes"], golden["w"], golden["n"] = x, holes, w, n
print(json.dumps({name: plain(value) for name, value in sorted(golden.items())}, separators=(",", ":")))
