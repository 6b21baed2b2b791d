"""Inference and training with PyTorch."""

import torch
from torch.nn.functional import cross_entropy

import catalog


def make(engine, job):
    """The work of a job. Work has `parameters`, and `once()` does it once."""
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    model = catalog.model(job["case"])
    images = torch.randn(job["batch"], *job["input"])
    match job["mode"]:
        case "inference":
            return Inference(engine, model, images)
        case "training":
            pixels = images.shape[2:] if job["case"] in catalog.UNETS else ()
            targets = torch.zeros(job["batch"], *pixels, dtype=torch.long)
            return Training(engine, model, images, targets)


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


class Inference:
    def __init__(self, engine, model, images):
        self.parameters = count(model)
        self.model, self.images = prepare(engine, model.eval(), images)

    @torch.inference_mode()
    def once(self):
        self.model(self.images)


class Training:
    """Forward, loss, backward, a step of SGD with momentum, reading the loss."""

    def __init__(self, engine, model, images, targets):
        self.parameters = count(model)
        self.model, self.images = prepare(engine, model.train(), images)
        self.targets = targets
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def once(self):
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(self.images), self.targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def prepare(engine, model, images):
    match engine:
        case "torch":
            return model, images
        case "torch-channels-last":
            layout = torch.channels_last
            return model.to(memory_format=layout), images.to(memory_format=layout)
        case "torch-compile":
            return torch.compile(model), images
    raise ValueError(f"the peers have no engine '{engine}'")
