"""Writes linalg.json: what NumPy and SciPy make of small matrices and tensors."""

import json
import pathlib

import numpy as np
import scipy.linalg

random = np.random.default_rng(7)
cases = []


def some(*shape):
    return random.integers(-9, 10, shape).astype(float)


def flat(x):
    x = np.asarray(x, dtype=float)
    return {"shape": list(x.shape), "data": [int(v) if v == int(v) else float(f"{v:.13g}") for v in x.ravel()]}


def case(name, args, outs, **params):
    cases.append({"name": name, "args": [flat(a) for a in args], "outs": [flat(o) for o in outs], **params})


for a, b in [((3, 4), (4, 5)), ((2, 3, 4), (4,)), ((2, 3), (4, 3, 5)), ((4,), (2, 4, 3)), ((5,), (5,)), ((), (3,))]:
    x, y = some(*a), some(*b)
    case("dot", [x, y], [np.dot(x, y)])
for a, b in [((5, 2, 3), (3, 4)), ((2, 1, 3, 4), (5, 4, 2)), ((3,), (2, 3, 4)), ((2, 3, 4), (4,)), ((1, 3, 2), (4, 2, 3))]:
    x, y = some(*a), some(*b)
    case("matmul", [x, y], [np.matmul(x, y)])
for a, b, axes in [
    ((2, 3, 4), (4, 3, 5), [[1, 2], [1, 0]]),
    ((2, 3), (3, 2), [[], []]),
    ((3, 4, 2), (4, 3), [[-3, -2], [-1, 0]]),
]:
    x, y = some(*a), some(*b)
    case("tensordot", [x, y], [np.tensordot(x, y, axes)], axes=axes)
for a, b in [((2, 3), (4, 3)), ((3,), (3,)), ((2, 3, 4), (4,))]:
    x, y = some(*a), some(*b)
    case("inner", [x, y], [np.inner(x, y)])
x, y = some(4), some(3)
case("outer", [x, y], [np.outer(x, y)])
x, y = some(3, 4), some(3, 4)
case("vdot", [x, y], [np.vdot(x, y)])
x = some(4, 6, 2)
for offset in [-3, -1, 0, 2, 5]:
    case("trace", [x], [np.trace(x, offset)], offset=offset)
for text, shapes in [
    ("ij,jk", [(3, 4), (4, 2)]),
    ("ba", [(3, 4)]),
    ("...ij,...jk->...ik", [(2, 3, 4), (4, 2)]),
    ("i...->...", [(3, 4, 2)]),
    ("ii...->i...", [(3, 3, 4)]),
    ("ij,ij->i", [(3, 4), (1, 4)]),
    ("ij , jk, kl -> li", [(3, 4), (4, 2), (2, 5)]),
    ("i,j,k", [(2,), (3,), (2,)]),
    ("ijk,jil->kl", [(2, 3, 4), (3, 2, 5)]),
    ("...,...", [(2, 3), (3,)]),
    ("a...b,b...->...a", [(2, 3, 4), (4, 3)]),
]:
    args = [some(*shape) for shape in shapes]
    case("einsum", args, [np.einsum(text, *args)], text=text)
x = some(4, 5)
for order in [None, "fro", "nuc", "inf", "-inf", 1, -1, 2, -2]:
    numpy_order = float(order) if order in ("inf", "-inf") else order
    case("norm", [x], [np.linalg.norm(x, numpy_order)], order=order, axes=None)
x = some(3, 4, 2)
for order in [None, "inf", "-inf", 0, 1, -1, 2, 3, 0.5]:
    numpy_order = float(order) if order in ("inf", "-inf") else order
    case("norm", [x], [np.linalg.norm(x, numpy_order, axis=1)], order=order, axes=[1])
for order in ["fro", "inf", "-inf", 1, -1]:
    numpy_order = float(order) if order in ("inf", "-inf") else order
    case("norm", [x], [np.linalg.norm(x, numpy_order, axis=(2, 0))], order=order, axes=[2, 0])
for shape in [(7, 3), (3, 7), (4, 4), (1, 3), (5, 1)]:
    x = some(*shape)
    q, r = np.linalg.qr(x)
    sign = np.where(np.diag(r) < 0, -1.0, 1.0)
    case("qr", [x], [q * sign, r * sign[:, None]])
    case("svd", [x], [np.linalg.svd(x, compute_uv=False)])
x = some(5, 5)
spd = x @ x.T + 5 * np.eye(5)
case("cholesky", [spd], [np.linalg.cholesky(spd)])
case("lu", [x], scipy.linalg.lu(x))
for b in [some(5), some(5, 3)]:
    case("solve", [spd, b], [np.linalg.solve(spd, b)])
    lower = np.tril(spd)
    case("solve_triangular", [spd, b], [scipy.linalg.solve_triangular(spd, b, lower=True)], lower=True)
    case("solve_triangular", [spd, b], [scipy.linalg.solve_triangular(spd, b)], lower=False)
case("inv", [spd], [np.linalg.inv(spd)])
tall, right = some(6, 3), some(6, 2)
thin = np.column_stack([tall[:, 0], tall[:, 0] * 2, tall[:, 1]])
for a in [tall, thin, some(3, 6)]:
    b = right[: a.shape[0]]
    solution, _, rank, s = np.linalg.lstsq(a, b, rcond=None)
    residuals = ((a @ solution - b) ** 2).sum(axis=0)
    case("lstsq", [a, b], [solution, residuals, rank, s])

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
