"""Images a second of torchvision's ImageFolder: python3 images_torch.py FOLDER WORKERS"""
import sys
import time

import torch
from torchvision import datasets, transforms

folder, workers = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)
steps = transforms.Compose([transforms.Resize(64), transforms.CenterCrop(64),
                            transforms.ToTensor()])
data = datasets.ImageFolder(folder, steps)
best = 0.0
for _ in range(3):
    start = time.time()
    n = sum(len(x) for x, _ in torch.utils.data.DataLoader(data, 64, num_workers=workers))
    best = max(best, n / (time.time() - start))
print("images", best)
