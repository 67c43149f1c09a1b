"""Writes layers-pytorch.json: pooling, batch normalisation, activations, the cost and the steps of
optimizers as PyTorch computes them in float64.

Run by layers-pytorch.R, which turns the file into layers-pytorch.rds. Images are permuted to
(m, n_H, n_W, n_C) and all arrays written in column-major order.
"""
import json

import torch
from torch.nn import functional as F

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)


def flat(x, image=True):
    x = x.detach()
    if image and x.dim() == 4:
        x = x.permute(0, 2, 3, 1)
    return {"dim": list(x.shape), "values": x.permute(*reversed(range(x.dim()))).flatten().tolist()}


def pool_case(m, H, W, C, f, stride, pad, mode):
    # Few distinct values, so that most windows have ties.
    A = torch.randint(0, 3, (m, C, H, W)).double().requires_grad_()
    if mode == "max":
        Z = F.max_pool2d(A, f, stride, pad)
    else:
        Z = F.avg_pool2d(A, f, stride, pad, count_include_pad=False)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    return {"A_prev": flat(A), "A": flat(Z), "dA": flat(dZ), "dA_prev": flat(A.grad),
            "hparameters": {"f": f, "stride": stride, "pad": pad}, "mode": mode}


SHAPES = [
    (3, 6, 6, 2, (2, 2), (2, 2), (0, 0)),
    (2, 7, 6, 3, (3, 2), (1, 2), (0, 0)),
    (2, 7, 7, 2, (3, 3), (2, 2), (1, 1)),
    (1, 5, 9, 1, (4, 3), (1, 1), (2, 1)),
    (2, 8, 7, 2, (2, 3), (3, 4), (1, 0)),
]


def batchnorm_case(*shape):
    A = (torch.randn(shape) * 3 + 1).requires_grad_()
    C = shape[1]
    gamma, beta = torch.randn(C, requires_grad=True), torch.randn(C, requires_grad=True)
    mean, variance = torch.randn(C), torch.rand(C) + 0.5
    former = {"mean": flat(mean), "variance": flat(variance)}
    Z = F.batch_norm(A, mean, variance, gamma, beta, training=True, momentum=0.2, eps=1e-3)
    dZ = torch.randn_like(Z)
    Z.backward(dZ)
    predicted = F.batch_norm(A, mean, variance, gamma, beta, training=False, eps=1e-3)
    return {"A_prev": flat(A), "gamma": flat(gamma), "beta": flat(beta), "former": former,
            "Z": flat(Z), "running": {"mean": flat(mean), "variance": flat(variance)},
            "dZ": flat(dZ), "dA_prev": flat(A.grad), "dgamma": flat(gamma.grad),
            "dbeta": flat(beta.grad), "predicted": flat(predicted)}


def activation_case(function):
    Z = torch.cat([torch.linspace(-40, 40, 81), torch.randn(60)]).requires_grad_()
    A = function(Z)
    dA = torch.randn_like(A)
    A.backward(dA)
    return {"Z": flat(Z), "A": flat(A), "dA": flat(dA), "dZ": flat(Z.grad)}


def cost_case():
    scores = (torch.randn(7, 4) * 5).requires_grad_()
    true = torch.tensor([0, 3, 3, 1, 0, 1, 3])
    loss = F.cross_entropy(scores, true)
    F.cross_entropy(scores, true, reduction="sum").backward()
    return {"scores": flat(scores), "true": true.tolist(), "loss": loss.item(),
            "probs": flat(scores.softmax(1)), "dZ": flat(scores.grad),
            "logsumexp": flat(scores.logsumexp(1))}


def steps(make):
    start = torch.randn(5, 3)
    param = start.clone().requires_grad_()
    optimizer = make([param])
    out = {"start": flat(start), "grads": [], "params": []}
    for _ in range(4):
        param.grad = torch.randn(5, 3)
        out["grads"].append(flat(param.grad))
        optimizer.step()
        out["params"].append(flat(param))
    return out


with open("layers-pytorch.json", "w") as file:
    json.dump({
        "pool": [pool_case(*shape, mode) for shape in SHAPES for mode in ("max", "average")],
        "batchnorm": [batchnorm_case(4, 3, 5, 6), batchnorm_case(9, 4)],
        "activation": {
            "sigmoid": activation_case(torch.sigmoid),
            "relu": activation_case(torch.relu),
            "leaky_relu": activation_case(lambda Z: F.leaky_relu(Z, 0.1)),
            "tanh": activation_case(torch.tanh),
        },
        "cost": cost_case(),
        "optimizer": {
            "adam": steps(lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6)),
            "adamw": steps(lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.3)),
            "sgd": steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.7)),
            "nesterov": steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.7, nesterov=True)),
        },
    }, file)
