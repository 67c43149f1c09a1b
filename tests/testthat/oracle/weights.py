# A small net of PyTorch's, its weights as a safetensors file and its outputs: python3 weights.py
# writes weights.safetensors and prints weights.csv, the logits of two images, a row an image.
import json
import struct

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, (3, 1), padding=(1, 0), groups=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.downsample = nn.Sequential(nn.Conv2d(3, 4, 1))

    def forward(self, x):
        return torch.relu(self.bn1(self.conv1(x)) + self.downsample(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 3, (2, 3))
        self.block = Residual()
        self.up = nn.ConvTranspose2d(4, 2, (2, 3), stride=2)
        self.norm = nn.GroupNorm(2, 2)
        self.hidden = nn.Linear(2 * 10 * 7, 5)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        x = torch.tanh(self.norm(self.up(self.block(torch.relu(self.first(x))))))
        return self.fc(torch.sigmoid(self.hidden(x.flatten(1))))


net = Net().eval()
for parameter in net.parameters():
    parameter.data = torch.randn_like(parameter).float().double()
net.block.bn1.running_mean.copy_(torch.randn(4).float())
net.block.bn1.running_var.copy_(torch.rand(4).float() + 0.5)

header, data = {}, b""
for name, tensor in net.state_dict().items():
    kind = "I64" if tensor.dtype == torch.int64 else "F32"
    bytes_ = (tensor if kind == "I64" else tensor.float()).contiguous().numpy().tobytes()
    header[name] = {"dtype": kind, "shape": list(tensor.shape),
                    "data_offsets": [len(data), len(data) + len(bytes_)]}
    data += bytes_
text = json.dumps(header).encode()
with open("weights.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)

# x[n, h, w, c] = sin(0.37 place), counted from 0 with n fastest, then h.
x = torch.sin(0.37 * torch.arange(2 * 6 * 5 * 2.0)).reshape(2, 5, 6, 2).permute(3, 0, 2, 1)
for row in net(x).tolist():
    print(",".join(repr(value) for value in row))
