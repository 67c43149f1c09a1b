"""Writes conv-pytorch.json: convolutions and their gradients as PyTorch computes them in float64.

Run by conv-pytorch.R, which turns the file into conv-pytorch.rds. Arrays are permuted to
(m, n_H, n_W, n_C) and (f_H, f_W, channels, filters) and written in column-major order.
"""
import json

import torch

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)

# m, H, W, channels, filters, (f_H, f_W), stride, padding, dilation, groups
CASES = [
    (2, 6, 5, 3, 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (3, 7, 6, 2, 3, (2, 4), (1, 2), (0, 1), (1, 1), 1),
    (1, 9, 8, 1, 5, (5, 3), (2, 1), (2, 0), (1, 1), 1),
    (2, 9, 9, 2, 2, (3, 3), (1, 1), (2, 1), (2, 3), 1),
    (2, 7, 7, 6, 4, (3, 3), (2, 2), (1, 1), (1, 1), 2),
    (4, 5, 5, 4, 4, (3, 3), (1, 1), (1, 1), (1, 1), 4),
    (2, 8, 7, 3, 2, (1, 1), (2, 3), (0, 0), (1, 1), 1),
    (2, 4, 4, 2, 3, (2, 2), (3, 3), (4, 5), (1, 1), 1),
]


def flat(x, order):
    x = x.detach().permute(*order)
    return {"dim": list(x.shape), "values": x.permute(*reversed(range(x.dim()))).flatten().tolist()}


out = []
for m, H, W, C, K, f, stride, pad, dilation, groups in CASES:
    A = torch.randn(m, C, H, W, requires_grad=True)
    F = torch.randn(K, C // groups, *f, requires_grad=True)
    b = torch.randn(K, requires_grad=True)
    Z = torch.nn.functional.conv2d(A, F, b, stride, pad, dilation, groups)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    image, filters = (0, 2, 3, 1), (2, 3, 1, 0)
    out.append({
        "A": flat(A, image), "W": flat(F, filters), "b": flat(b, (0,)),
        "hparameters": {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups},
        "Z": flat(Z, image), "dZ": flat(dZ, image), "dA": flat(A.grad, image),
        "dW": flat(F.grad, filters), "db": flat(b.grad, (0,)),
    })

with open("conv-pytorch.json", "w") as file:
    json.dump(out, file)
