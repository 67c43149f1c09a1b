"""Writes modern-pytorch.json: transposed convolution, enlarging, normalisation of examples and further
activations, with their gradients, as PyTorch computes them in float64.

Run by modern-pytorch.R, which turns the file into modern-pytorch.rds. Images are permuted to
(m, n_H, n_W, n_C) and all arrays written in column-major order.
"""
import json

import torch
from torch.nn import functional as F

torch.manual_seed(22)
torch.set_default_dtype(torch.float64)
IMAGE, FILTERS = (0, 2, 3, 1), (2, 3, 1, 0)


def flat(x, order=None):
    x = x.detach()
    if order is not None:
        x = x.permute(*order)
    return {"dim": list(x.shape), "values": x.permute(*reversed(range(x.dim()))).flatten().tolist()}


def transposed(m, H, W, C, K, f, stride, pad, dilation, groups, output_pad):
    A = torch.randn(m, C, H, W, requires_grad=True)
    w = torch.randn(C, K // groups, *f, requires_grad=True)
    b = torch.randn(K, requires_grad=True)
    Z = F.conv_transpose2d(A, w, b, stride, pad, output_pad, groups, dilation)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    return {"A": flat(A, IMAGE), "W": flat(w, FILTERS), "b": flat(b), "Z": flat(Z, IMAGE),
            "dZ": flat(dZ, IMAGE), "dA": flat(A.grad, IMAGE), "dW": flat(w.grad, FILTERS),
            "db": flat(b.grad),
            "hparameters": {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups,
                            "output_pad": output_pad}}


def enlarged(m, H, W, C, factor, mode):
    A = torch.randn(m, C, H, W, requires_grad=True)
    Z = F.interpolate(A, scale_factor=tuple(float(f) for f in factor), mode=mode)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    return {"A": flat(A, IMAGE), "Z": flat(Z, IMAGE), "dZ": flat(dZ, IMAGE),
            "dA": flat(A.grad, IMAGE), "factor": factor, "mode": mode}


def normalised(shape, groups, over):
    A = (torch.randn(shape) * 3 + 1).requires_grad_()
    C = shape[1]
    gamma, beta = torch.randn(C, requires_grad=True), torch.randn(C, requires_grad=True)
    if over == "channels":
        Z = F.layer_norm(A.movedim(1, -1), (C,), gamma, beta, 1e-3).movedim(-1, 1)
    else:
        Z = F.group_norm(A, groups, gamma, beta, 1e-3)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    order = IMAGE if len(shape) == 4 else None
    return {"A": flat(A, order), "gamma": flat(gamma), "beta": flat(beta), "Z": flat(Z, order),
            "dZ": flat(dZ, order), "dA": flat(A.grad, order), "dgamma": flat(gamma.grad),
            "dbeta": flat(beta.grad), "groups": groups, "over": over}


def activation(function):
    Z = torch.cat([torch.linspace(-30, 30, 61), torch.randn(60)]).requires_grad_()
    A = function(Z)
    dA = torch.randn_like(A)
    A.backward(dA)
    return {"Z": flat(Z), "A": flat(A), "dA": flat(dA), "dZ": flat(Z.grad)}


with open("modern-pytorch.json", "w") as file:
    json.dump({
        "conv_transpose": [
            transposed(2, 3, 4, 2, 3, (2, 2), (2, 2), (0, 0), (1, 1), 1, (0, 0)),
            transposed(3, 4, 3, 4, 6, (3, 2), (1, 3), (1, 0), (2, 1), 2, (0, 2)),
            transposed(1, 5, 5, 3, 3, (4, 4), (2, 2), (1, 1), (1, 1), 3, (1, 0)),
        ],
        "upsample": [enlarged(2, 3, 4, 2, (2, 3), mode) for mode in ("nearest", "bilinear")]
        + [enlarged(1, 1, 5, 3, (3, 1), "bilinear")],
        "norm": [normalised((3, 6, 4, 5), 3, "example"), normalised((2, 4, 3, 2), 1, "example"),
                 normalised((2, 5, 3, 4), 1, "channels"), normalised((4, 6), 2, "example")],
        "activation": {
            "elu": activation(F.elu), "gelu": activation(F.gelu), "silu": activation(F.silu),
            "hard_swish": activation(F.hardswish), "relu6": activation(F.relu6),
            "softplus": activation(lambda Z: F.softplus(Z, threshold=50)),
        },
    }, file)
