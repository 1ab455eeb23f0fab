"""Writes fft.json: what NumPy's Fourier transforms make of small arrays."""

import json
import pathlib

import numpy as np

random = np.random.default_rng(11)
cases = []


def flat(x):
    x = np.asarray(x, dtype=complex)
    parts = np.stack([x.real, x.imag], axis=-1).ravel()
    return {"shape": list(x.shape), "data": [int(v) if v == int(v) else float(f"{v:.11g}") for v in parts]}


def some(*shape, real=False):
    x = random.integers(-9, 10, shape).astype(float)
    return x if real else x + 1j * random.integers(-9, 10, shape)


for name in ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]:
    real = name in ("rfft", "ihfft")
    for n, axis, norm in [(None, -1, "backward"), (4, 0, "ortho"), (5, 1, "forward"), (3, -1, "backward")]:
        x = some(3, 4, real=real)
        out = getattr(np.fft, name)(x, n=n, axis=axis, norm=norm)
        cases.append({"name": name, "real": real, "in": flat(x), "out": flat(out), "n": n, "axis": axis, "norm": norm})
for name in ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]:
    real = name.startswith("rfft")
    default = (-2, -1) if name.endswith("2") else None
    for s, axes, norm in [(None, default, "backward"), ((3, 3), (0, 2), "ortho"), ((2, 4), (-1, 1), "forward")]:
        x = some(2, 3, 2, real=real)
        out = getattr(np.fft, name)(x, s=s, axes=axes, norm=norm)
        axes = None if s is None else axes
        cases.append({"name": name, "real": real, "in": flat(x), "out": flat(out), "s": s, "axes": axes, "norm": norm})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
