"""Values of NumPy's joining, padding, repeating and making functions, for the tests: `python joins.py > joins.json`."""
import json
import numpy as np


def out(a):
    a = np.asarray(a)
    return {"shape": list(a.shape), "elements": [int(v) for v in a.ravel()]}


def floats(a):
    return [repr(float(v)) for v in np.asarray(a).ravel()]


m = np.arange(12).reshape(3, 4)
v = np.arange(5)
c = np.arange(24).reshape(2, 3, 4)
p = np.arange(6).reshape(2, 3)
ks = [-5, -3, -1, 0, 1, 2, 4, 7]
bounds = [(0.0, 1.0, 5), (1.0, 0.0, 7), (-3.5, 10.25, 50), (2.0, 2.0, 4), (3.0, 9.0, 1), (3.0, 9.0, 0), (0.0, 5e-324, 3),
          (-1e308, 1e308, 3), (0.1, 0.7, 10), (-1.0, 1.0, 2)]
widths = [[(1, 2), (0, 3)], [(4, 5), (7, 1)], [(0, 0), (0, 0)], [(9, 0), (0, 11)]]
golden = {
    "linspace": [{"start": repr(a), "stop": repr(b), "count": n, "elements": floats(np.linspace(a, b, n)),
                  "single": floats(np.linspace(np.float32(a), np.float32(b), n, dtype=np.float32))
                  if abs(a) < 1e30 and b != 5e-324 else None}
                 for a, b, n in bounds],
    "eye": [out(np.eye(3, 4, k)) for k in ks],
    "tri": [out(np.tri(3, 4, k)) for k in ks],
    "tril": [out(np.tril(c, k)) for k in ks],
    "triu": [out(np.triu(c, k)) for k in ks],
    "diag": [out(np.diag(m, k)) for k in ks],
    "diag_of_vector": [out(np.diag(v[:3], k)) for k in ks],
    "diagonal": [out(np.diagonal(c, k, 2, 0)) for k in ks],
    "indices": out(np.indices((2, 3))),
    "meshgrid_xy": [out(a) for a in np.meshgrid(v[:2], v[:3], v[:2] + 7)],
    "meshgrid_ij": [out(a) for a in np.meshgrid(v[:2], v[:3], v[:2] + 7, indexing="ij")],
    "meshgrid_sparse": [out(a) for a in np.meshgrid(v[:2], v[:3], sparse=True)],
    "concatenate": [out(np.concatenate([c, c[:, :, :1], c[:, :, :0], c * 2], 2)), out(np.concatenate([m, m[:1]], -2))],
    "stack": [out(np.stack([m, -m, m + 1], k)) for k in (0, 1, 2, -1)],
    "hstack": [out(np.hstack([v, v[:2]])), out(np.hstack([m, m[:, :1]])), out(np.hstack([np.array(3), np.array(4)]))],
    "vstack": [out(np.vstack([v, -v])), out(np.vstack([m, m[:1]])), out(np.vstack([m, v[:4]]))],
    "dstack": [out(np.dstack([v, -v])), out(np.dstack([m, m])), out(np.dstack([c, c[:, :, :1]]))],
    "block": out(np.block([[np.eye(2, dtype=int), np.zeros((2, 3), int)], [np.ones((3, 2), int), 5 * np.eye(3, dtype=int)]])),
    "block_of_rows": out(np.block([[v], [v + 1]])),
    "block_of_scalars": out(np.block([np.array(1), np.array(2)])),
    "append": [out(np.append(m, v)), out(np.append(m, m[:1], 0))],
    "roll": [out(np.roll(m, 5)), out(np.roll(m, -3, 1)), out(np.roll(m, 4, (0, 1))), out(np.roll(m, (1, 2, 3), (0, 1, 0)))],
    "tile": [out(np.tile(m, 2)), out(np.tile(m, (2, 1, 2))), out(np.tile(v, (2, 0))), out(np.tile(c, (1, 2)))],
    "repeat": [out(np.repeat(m, 3, 1)), out(np.repeat(m, [2, 0, 3], 0)), out(np.repeat(m, 2)), out(np.repeat(m, 0, 0))],
    "pad": {mode: [out(np.pad(p, w, mode)) for w in widths] for mode in ("edge", "reflect", "symmetric", "wrap")},
    "pad_constant": [out(np.pad(p, w, constant_values=-7)) for w in widths],
    "pad_by": {mode: [out(np.pad(p * p % 7, w, mode)) for w in widths] for mode in ("maximum", "mean", "median", "minimum")},
    "pad_by_floats": {mode: [floats(np.pad(p * p % 7 / 4, w, mode)) for w in widths]
                      for mode in ("maximum", "mean", "median", "minimum")},
    "pad_ramp": [out(np.pad(p * p % 7, w, "linear_ramp", end_values=-5)) for w in widths],
    "pad_ramp_floats": [floats(np.pad(p * p % 7 / 4, w, "linear_ramp", end_values=2.5)) for w in widths],
    "pad_one": {mode: out(np.pad(v[1:2], (3, 4), mode)) for mode in ("edge", "reflect", "symmetric", "wrap")},
    "flip": [out(np.flip(c)), out(np.flip(c, 1)), out(np.flip(c, (0, -1))), out(np.fliplr(c)), out(np.flipud(c))],
}
print(json.dumps(golden, separators=(",", ":")))
