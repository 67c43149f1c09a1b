"""torchvision's nets with random weights, for published.R.

published_torch.py NET SIZE FOLDER writes FOLDER/NET.safetensors and, in float64, the logits of two images
and the gradients of their mean cross-entropy; published_torch.py time NET SIZE BATCH prints the images a
second forward and in a training step, in both precisions.
"""
import json
import struct
import sys
import time

import torch
import torchvision

torch.manual_seed(1)


def net(name):
    model = getattr(torchvision.models, name)()
    # Statistics that tell the channels apart.
    for key, value in model.state_dict().items():
        if key.endswith("running_mean"):
            value.copy_(0.1 * torch.randn_like(value))
        elif key.endswith("running_var"):
            value.copy_(0.5 + torch.rand_like(value))
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.normal_(module.bias, 0, 0.1)
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model.double()


def write(tensors, path):
    header, at, parts = {}, 0, []
    for name, tensor in tensors.items():
        data = tensor.detach().double().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for part in parts:
            file.write(part)


def images(size, n=2):
    # A formula that R repeats: x[n, h, w, c] = sin(its place, counted with n fastest).
    place = torch.arange(n * size * size * 3, dtype=torch.float64).reshape(3, size, size, n)
    return torch.sin(place * 0.37).permute(3, 0, 2, 1).contiguous()


def compare(name, size, folder):
    model = net(name)
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    write(state, f"{folder}/{name}.safetensors")
    x = images(size)
    model.eval()
    with torch.no_grad():
        write({"logits": model(x)}, f"{folder}/{name}-logits.safetensors")
    model.train()
    torch.nn.functional.cross_entropy(model(x), torch.tensor([3, 7])).backward()
    write({k: p.grad for k, p in model.named_parameters()}, f"{folder}/{name}-grads.safetensors")


def per_second(step, batch):
    step()
    times = []
    start = time.time()
    while time.time() - start < 5 or len(times) < 3:
        before = time.time()
        step()
        times.append(time.time() - before)
    return batch / min(times)


def measure(name, size, batch):
    torch.set_num_threads(2)
    for dtype in (torch.float64, torch.float32):
        model = net(name).to(dtype)
        x = images(size, batch).to(dtype)
        y = torch.arange(batch) % 10
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

        def forward():
            with torch.no_grad():
                model(x)

        def train():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()

        model.eval()
        a = per_second(forward, batch)
        model.train()
        print(f"{dtype},{a:.3f},{per_second(train, batch):.3f}", flush=True)


if sys.argv[1] == "time":
    measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    compare(sys.argv[1], int(sys.argv[2]), sys.argv[3])
