"""Golden values of functions of blocks, from NumPy: python3 blocks.py > blocks.json"""

import json

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

x = np.arange(42).reshape(6, 7) * 5 % 17


def neighbours(mode, **settings):
    """The sum of each element and those one row up, two rows down and one column to each side."""
    p = np.pad(x, ((1, 2), (1, 1)), mode, **settings)
    return sum(
        p[1 + i : 1 + i + x.shape[0], 1 + j : 1 + j + x.shape[1]] * (10 * i + j + 12)
        for i in (-1, 0, 1, 2)
        for j in (-1, 0, 1)
    )


results = {
    "symmetric": neighbours("symmetric"),
    "wrap": neighbours("wrap"),
    "edge": neighbours("edge"),
    "constant": neighbours("constant", constant_values=3),
    "windows": sliding_window_view(x, 4, 1),
    "windows_both": sliding_window_view(x, (3, 2), (0, 1)),
    "along_axis": np.apply_along_axis(lambda lane: lane.max() - lane[0], 0, x),
    "along_axis_to": np.apply_along_axis(lambda lane: lane[[0, -1, 2]] * 2, 1, x),
    "over_axes": np.apply_over_axes(np.sum, x.reshape(6, 7, 1), [0, -2]),
    "einsum": np.einsum("ik,jk->ij", x, x),
    "einsum3": np.einsum("i,ik,k->k", x[:, 0], x, x[0]),
}

print(
    json.dumps(
        {name: {"shape": list(np.shape(r)), "values": np.ravel(r).tolist()} for name, r in results.items()},
        separators=(",", ":"),
    ).replace('},"', '},\n"')
)
