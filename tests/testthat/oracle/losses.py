# Losses and their gradients by PyTorch in float64: python3 losses.py > losses.csv. A column a loss:
# the sum of the examples' losses, then its gradient with respect to the outputs, column by column.
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
steps = torch.arange(1, 13.0).reshape(3, 4).T
Z = (3 * torch.sin(steps)).requires_grad_()
Y = torch.cos(steps)
classes = torch.tensor([2, 0, 1, 2])
weights = torch.tensor([0.5, 2.0, 1.5])
shares = torch.tensor([[0.2, 0.3, 0.5], [1, 0, 0], [0, 0.5, 0.5], [0.1, 0.1, 0.8]])

losses = {
    "cross_entropy": F.cross_entropy(Z, classes, weights, reduction="none"),
    "smoothed": F.cross_entropy(Z, classes, weights, label_smoothing=0.2, reduction="none"),
    "shares": F.cross_entropy(Z, shares, weights, label_smoothing=0.1, reduction="none"),
    "huber": F.huber_loss(Z, Y, delta=0.7, reduction="none").mean(1),
    "mse": F.mse_loss(Z, Y, reduction="none").mean(1),
    "binary": F.binary_cross_entropy_with_logits(
        Z, (Y > 0).double(), pos_weight=weights, reduction="none").mean(1),
}
columns = [[loss.sum().item()] + torch.autograd.grad(loss.sum(), Z)[0].T.reshape(-1).tolist()
           for loss in losses.values()]
print(",".join(losses))
for row in zip(*columns):
    print(",".join(repr(value) for value in row))
