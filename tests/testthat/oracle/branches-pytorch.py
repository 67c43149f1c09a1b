"""Prints the losses that test-branches-pytorch.R compares with: twenty steps of a net of branches and
newer layers, by two optimizers, as PyTorch computes them in float64.

Run in this folder (the stored file came from PyTorch 1.13):
    python3 branches-pytorch.py > branches-pytorch.csv
Images and first weights are sines that both sides compute for themselves: number i of a stream is
amplitude * sin(stream + 12.9898 * i), in R's order of cells.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

M, H, W, C, CLASSES, BATCH = 80, 8, 6, 2, 3, 4


def wave(stream, dim, amplitude=1.0):
    """An array of R's shape `dim`, filled in column-major order."""
    size = math.prod(dim)
    x = torch.tensor([amplitude * math.sin(stream + 12.9898 * i) for i in range(size)])
    return x.reshape(*reversed(dim)).permute(*reversed(range(len(dim))))


class Net(nn.Module):
    """The modules stand in the order of R's parameters; so do the streams of their weights."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(C, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.a1, self.a2 = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.b1 = nn.Conv2d(4, 6, 3, padding=1, stride=2)
        self.b2, self.b3 = nn.Conv2d(4, 6, 1, stride=2), nn.BatchNorm2d(6)
        self.c1 = nn.Conv2d(6, 2, 1)
        self.c2, self.c3 = nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.GroupNorm(3, 6)
        self.d1 = nn.ConvTranspose2d(14, 3, 2, stride=2)
        self.d2 = nn.GroupNorm(1, 3)
        self.e1 = nn.Conv2d(3, 4, 3, padding=1)
        self.e2 = nn.LayerNorm(4)
        self.out = nn.Linear(4, CLASSES)

    def forward(self, x):
        x = F.gelu(self.norm(self.stem(x)))
        x = F.relu6(x + self.a2(F.silu(self.a1(x))))
        x = F.hardswish(self.b1(x)) + self.b3(self.b2(x))
        x = torch.cat([F.elu(self.c1(x)), self.c3(F.softplus(self.c2(x))), x], 1)
        x = self.d2(torch.tanh(self.d1(x)))
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        x = F.interpolate(x, scale_factor=(1.0, 2.0), mode="nearest")
        x = F.leaky_relu(self.e1(x), 0.01)
        x = self.e2(x.movedim(1, -1)).movedim(-1, 1)
        return self.out(x.mean((2, 3)))


def fill(net):
    stream = 0
    for layer in net.children():
        if not isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            continue
        stream += 1
        w = layer.weight
        if isinstance(layer, nn.Linear):
            w.data = wave(stream, w.shape[::-1], 0.3).T.contiguous()
        else:
            dim = (w.shape[2], w.shape[3], w.shape[1], w.shape[0])
            w.data = wave(stream, dim, 0.4).permute(3, 2, 0, 1).contiguous()
        layer.bias.data = wave(stream + 0.5, (layer.bias.shape[0],), 0.1)


x = wave(0.0, (M, H, W, C)).permute(0, 3, 1, 2).contiguous()
classes = torch.tensor([(7 * i * i + 3 * i) % 13 % CLASSES for i in range(M)])
print("optimizer,step,value")
for name in ("adam", "sgd"):
    net = Net()
    fill(net)
    if name == "adam":
        optimizer = torch.optim.Adam(net.parameters(), lr=0.005, eps=1e-4)
    else:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for step in range(M // BATCH):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        loss = F.cross_entropy(net(x[rows]), classes[rows])
        print(f"{name},{step + 1},{loss.item()!r}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
