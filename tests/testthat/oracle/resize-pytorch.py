"""Writes resize-pytorch.csv: images made by a formula, resized by PyTorch's antialiased bilinear
interpolation. A line an image: rows and columns before, rows and columns after, then the values of
red, row by row, then green, then blue. Ran on PyTorch 1.13."""
import torch

sizes = [(23, 31, 8, 8), (8, 7, 20, 13), (60, 45, 16, 16), (5, 40, 9, 11), (3, 2, 1, 1)]
with open("resize-pytorch.csv", "w") as file:
    for rows, columns, to_rows, to_columns in sizes:
        r = torch.arange(rows).view(1, rows, 1)
        c = torch.arange(columns).view(1, 1, columns)
        k = torch.arange(3).view(3, 1, 1)
        x = ((7 * r * r + 13 * c * (k + 1) + 31 * k * r) % 256).to(torch.float64)
        y = torch.nn.functional.interpolate(x.unsqueeze(0), size=(to_rows, to_columns),
                                            mode="bilinear", antialias=True)
        numbers = [rows, columns, to_rows, to_columns] + [f"{v:.4f}" for v in y.flatten().tolist()]
        file.write(",".join(map(str, numbers)) + "\n")
