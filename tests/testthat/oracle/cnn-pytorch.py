"""Prints the losses that test-cnn-pytorch.R compares with: ten steps of one small net, for several
optimizers and both losses, as PyTorch computes them in float64.

Run in this folder (the stored file came from PyTorch 1.13.1):
    python3 cnn-pytorch.py > cnn-pytorch.csv
Images, targets and first weights are sines that both sides compute for themselves: number i of a
stream is amplitude * sin(stream + 12.9898 * i), in R's order of cells.
"""
import math

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

M, H, W, C, CLASSES, BATCH = 40, 8, 7, 2, 3, 4


def wave(stream, dim, amplitude=1.0):
    """An array of R's shape `dim`, filled in column-major order."""
    size = math.prod(dim)
    x = torch.tensor([amplitude * math.sin(stream + 12.9898 * i) for i in range(size)])
    return x.reshape(*reversed(dim)).permute(*reversed(range(len(dim))))


def set_conv(layer, stream):
    f, c, k = layer.kernel_size[0], layer.in_channels, layer.out_channels
    layer.weight.data = wave(stream, (f, f, c, k), 0.4).permute(3, 2, 0, 1).contiguous()
    layer.bias.data = wave(stream + 0.5, (k,), 0.1)


def set_affine(layer, stream):
    d, u = layer.in_features, layer.out_features
    layer.weight.data = wave(stream, (d, u), 0.3).T.contiguous()
    layer.bias.data = wave(stream + 0.5, (u,), 0.1)


class Flatten(nn.Module):
    def forward(self, x):
        return x.permute(0, 1, 3, 2).flatten(1)  # rows fastest, then columns, then channels


def small_net():
    net = nn.Sequential(
        nn.Conv2d(C, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1), nn.LeakyReLU(0.01), nn.AvgPool2d(2, stride=1),
        Flatten(), nn.Linear(3 * 2 * 4, 6), nn.Tanh(), nn.Linear(6, CLASSES),
    )
    for stream, layer in enumerate(net, start=1):
        if isinstance(layer, nn.Conv2d):
            set_conv(layer, stream)
        elif isinstance(layer, nn.Linear):
            set_affine(layer, stream)
    return net


def decayed(net, decay):
    """Parameter groups in which only the weights of convolutions and affine layers decay."""
    weights = [m.weight for m in net if isinstance(m, (nn.Conv2d, nn.Linear))]
    others = [p for p in net.parameters() if all(p is not w for w in weights)]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def clip(net, value, norm):
    """First the values, then the norm of all; clip_grad_norm_() would add 1e-6 to the norm."""
    nn.utils.clip_grad_value_(net.parameters(), value)
    total = math.sqrt(sum(float((p.grad ** 2).sum()) for p in net.parameters()))
    for p in net.parameters():
        p.grad *= min(1.0, norm / total)


OPTIMIZERS = {
    "adam": lambda net: torch.optim.Adam(net.parameters(), lr=0.01),
    "adam_decay": lambda net: torch.optim.AdamW(decayed(net, 0.1), lr=0.01, betas=(0.8, 0.95),
                                                eps=1e-4),
    "sgd": lambda net: torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9),
    "sgd_nesterov": lambda net: torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.8,
                                                nesterov=True),
    "sgd_clip": lambda net: torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9),
}

x = wave(0.0, (M, H, W, C)).permute(0, 3, 1, 2).contiguous()
classes = torch.tensor([(7 * i * i + 3 * i) % 13 % CLASSES for i in range(M)])
numbers = wave(0.25, (M, CLASSES))

print("optimizer,loss,step,value")
for name, make in OPTIMIZERS.items():
    for loss_name in ("cross_entropy", "mse"):
        net = small_net()
        optimizer = make(net)
        for step in range(M // BATCH):
            rows = slice(step * BATCH, (step + 1) * BATCH)
            outputs = net(x[rows])
            if loss_name == "mse":
                loss = nn.functional.mse_loss(outputs, numbers[rows])
            else:
                loss = nn.functional.cross_entropy(outputs, classes[rows])
            print(f"{name},{loss_name},{step + 1},{loss.item()!r}")
            optimizer.zero_grad()
            loss.backward()
            if name == "sgd_clip":
                clip(net, 0.05, 0.1)
            optimizer.step()
