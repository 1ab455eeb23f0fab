"""Golden values of indexing, from NumPy: python3 index.py > index.json"""

import json

import numpy as np

x = np.arange(24).reshape(4, 6) * 7 % 11
row = np.array([3, -1, 4, -1, 5, -9, 2])


def put(array, where, values):
    array = array.copy()
    array[where] = values
    return array


results = {
    "slice": x[1:-1, -2:0:-2],
    "slice_over": x[-9:9, 4:],
    "slice_empty": x[3:1],
    "slice_new": x[:, None, 2],
    "take": np.take(x, [3, -1, 0, 3], axis=1),
    "take_array": np.take(x, [[1, -2], [0, 0]], axis=0),
    "compress": np.compress([False, True, True], x, axis=1),
    "delete": np.delete(x, [0, -2, 2], axis=1),
    "insert": np.insert(x, [1, -1, 6, 1], 99, axis=1),
    "insert_rows": np.insert(x, [0, 4], [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], axis=0),
    "insert_row": np.insert(row, [2, 7, 2], [10, 20, 30]),
    "mask": x[x > 5],
    "mask_axis": x[:, row[:6] < 0],
    "argwhere": np.argwhere(x % 3),
    "nonzero": np.stack(np.nonzero(x % 3)),
    "flatnonzero": np.flatnonzero(x % 3),
    "vindex": x[[0, -1, 2, 2], [5, 0, -1, 1]],
    "set": put(x, np.s_[1:3, ::2], -5),
    "set_row": put(x, np.s_[1:, 4:0:-1], np.array([1, 2, 3, 4])),
    "set_one": put(x, np.s_[-1, 1], 77),
    "set_column": put(x, np.s_[:, 3], np.array([9, 8, 7, 6])),
    "set_where": put(x, x > 5, 0),
    "choose": np.choose(x % 3, [x, 100, -x]),
    "select": np.select([x < 3, x > 7], [x, x * 10], -1),
    "piecewise": np.piecewise(row, [row < 0, row < -5, row > 3], [lambda v: -v, 0, lambda v: v * 2, lambda v: v + 100]),
    "unravel": np.stack(np.unravel_index([0, 22, 41, 13], (7, 6))),
    "ravel": np.ravel_multi_index([[3, 6, 6], [4, 5, 1]], (7, 6)),
    "tril": np.stack(np.tril_indices(3, -1, 4)),
    "tril_wide": np.stack(np.tril_indices(3, 1, 4)),
    "triu": np.stack(np.triu_indices(3, 1, 4)),
    "triu_wide": np.stack(np.triu_indices(4, -1, 2)),
}

print(
    json.dumps(
        {name: {"shape": list(np.shape(r)), "values": np.ravel(r).tolist()} for name, r in results.items()},
        separators=(",", ":"),
    ).replace('},"', '},\n"')
)
