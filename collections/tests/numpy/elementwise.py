"""Values of NumPy's elementwise functions, for the tests: `python elementwise.py > elementwise.json`."""
import json
import numpy as np

np.seterr(all="ignore")
x = np.array([-np.inf, -1e300, -7.5, -2.5, -1.0, -0.75, -1e-9, -0.0, 0.0, 1e-9, 0.3, 0.5, 1.0, 1.5, 2.5, 3.7, 10.0, 1e5, 1e300, np.inf, np.nan])
y = np.array([2.0, -3.0, 0.5, 2.0, -0.5, 0.0, np.nan, 1.0, -1.0, 3.0, -2.0, np.inf, 0.25, -1.5, 2.5, -3.7, 0.1, 7.0, 1e-3, 2.0, 1.0])
i = np.array([-9, -7, -2, -1, 0, 1, 2, 5, 7, 2**62, -2**63], dtype=np.int64)
j = np.array([2, -2, 3, 0, 0, -3, 5, -2, 7, 3, -1], dtype=np.int64)


def out(a):
    return [repr(float(v)) for v in np.asarray(a).ravel()]


unary = "exp exp2 log log2 log10 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh " \
        "floor ceil trunc rint expm1 log1p cbrt deg2rad rad2deg fabs sinc spacing abs sign square reciprocal nan_to_num i0"
tests = "isnan isinf isfinite isneginf isposinf signbit logical_not"
pairs = "arctan2 hypot copysign logaddexp logaddexp2 nextafter fmax fmin maximum minimum floor_divide remainder fmod true_divide"
compare = "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor"
whole = "floor_divide remainder fmod maximum minimum bitwise_and bitwise_or bitwise_xor"
data = {
    "x": out(x), "y": out(y), "i": i.tolist(), "j": j.tolist(),
    # Of infinities NumPy's i0 is NaN, and ours infinite as the function is.
    "unary": {n: out(np.where(np.isinf(x), np.inf, np.i0(x)) if n == "i0" else getattr(np, n)(x)) for n in unary.split()},
    "tests": {n: [bool(v) for v in getattr(np, n)(x)] for n in tests.split()},
    "pairs": {n: out(getattr(np, n)(x, y)) for n in pairs.split()},
    "compare": {n: [bool(v) for v in getattr(np, n)(x, y)] for n in compare.split()},
    "whole": {n: getattr(np, n)(i, j).tolist() for n in whole.split()},
    "power": out(np.power(x, y)),
    "round2": out(np.round(x, 2)), "round-1": out(np.round(x, -1)),
    "modf": [out(v) for v in np.modf(x)],
    "frexp": [out(np.frexp(x)[0]), [int(v) for v in np.frexp(x)[1]]],
    "ldexp": out(np.ldexp(x, np.arange(-10, 11))),
    "clip": out(np.clip(x, -2, 3)),
    "isclose": [bool(v) for v in np.isclose(x, x * (1 + 1e-6))],
    "astype_i64": [int(v) for v in x[2:18].astype(np.int64)],
}
print(json.dumps(data, indent=0))
