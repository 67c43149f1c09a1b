"""Times PyTorch's convolution: conv_torch.py THREADS m H C K f stride pad.

Prints "dtype_direction_threads seconds" lines, the best of several rounds, warm.
"""
import sys

import torch
from timing import best_time

most = int(sys.argv[1])
m, H, C, K, f, stride, pad = map(int, sys.argv[2:])


for name, dtype in (("f64", torch.float64), ("f32", torch.float32)):
    A = torch.randn(m, C, H, H, dtype=dtype, requires_grad=True)
    W = torch.randn(K, C, f, f, dtype=dtype, requires_grad=True)
    b = torch.randn(K, dtype=dtype, requires_grad=True)
    for threads in sorted({1, most}):
        torch.set_num_threads(threads)

        def forward():
            with torch.no_grad():
                torch.nn.functional.conv2d(A, W, b, stride, pad)

        Z = torch.nn.functional.conv2d(A, W, b, stride, pad)
        dZ = torch.randn_like(Z)

        def backward():
            torch.autograd.grad(Z, (A, W, b), dZ, retain_graph=True)

        print(f"{name}_forward_{threads} {best_time(forward):.9f}")
        print(f"{name}_backward_{threads} {best_time(backward):.9f}")
