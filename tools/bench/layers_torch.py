"""Times PyTorch's counterparts of layers.R, in its order: layers_torch.py THREADS.

Prints "dtype_case_direction seconds" lines, the best of several rounds, warm.
"""
import sys

import torch
from timing import best_time

F = torch.nn.functional
torch.set_num_threads(int(sys.argv[1]))


def image(m, H, W, C):
    return (m, C, H, W)


SMALL, LARGE, DEEP = image(64, 28, 28, 8), image(32, 112, 112, 16), image(32, 56, 56, 64)
CASES = [
    (SMALL, lambda x: F.max_pool2d(x, 2, 2)),
    (LARGE, lambda x: F.max_pool2d(x, 2, 2)),
    (DEEP, lambda x: F.max_pool2d(x, 3, 2)),
    (SMALL, lambda x: F.avg_pool2d(x, 2, 2)),
    (LARGE, lambda x: F.avg_pool2d(x, 2, 2)),
    (DEEP, lambda x: F.avg_pool2d(x, 3, 2)),
    (SMALL, F.relu),
    (LARGE, F.relu),
    (SMALL, torch.sigmoid),
    (LARGE, torch.sigmoid),
    ((64, 784), 128),
    ((256, 4096), 1000),
]

for name, dtype in (("f64", torch.float64), ("f32", torch.float32)):
    for i, (shape, layer) in enumerate(CASES, 1):
        x = torch.randn(shape, dtype=dtype, requires_grad=True)
        inputs = [x]
        if isinstance(layer, int):
            W = torch.randn(layer, shape[1], dtype=dtype, requires_grad=True)
            b = torch.randn(layer, dtype=dtype, requires_grad=True)
            inputs += [W, b]

            def call():
                return F.linear(x, W, b)
        else:
            def call():
                return layer(x)

        y = call()
        dy = torch.randn_like(y)

        def forward():
            with torch.no_grad():
                call()

        def backward():
            torch.autograd.grad(y, inputs, dy, retain_graph=True)

        print(f"{name}_{i}_forward {best_time(forward, 9, 1.0):.9f}")
        print(f"{name}_{i}_backward {best_time(backward, 9, 1.0):.9f}")
