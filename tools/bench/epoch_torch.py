"""Times PyTorch's counterpart of epoch.R: epoch_torch.py THREADS DTYPE EPOCHS.

Prints "epoch seconds", the best of them.
"""
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
dtype = getattr(torch, sys.argv[2])
torch.manual_seed(1)

x = torch.randn(60000, 1, 28, 28, dtype=dtype)
y = torch.randint(0, 10, (60000,))
net = nn.Sequential(
    nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10),
).to(dtype)
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
cost = nn.CrossEntropyLoss()

best = float("inf")
for epoch in range(int(sys.argv[3])):
    start = time.perf_counter()
    order = torch.randperm(60000)
    for begin in range(0, 60000, 64):
        rows = order[begin:begin + 64]
        optimizer.zero_grad()
        cost(net(x[rows]), y[rows]).backward()
        optimizer.step()
    best = min(best, time.perf_counter() - start)
print(f"epoch {best:.6f}")
