"""A run of `train` done again with PyTorch: its recipe, its images and its parts, read from its folder.

What is not known here of a recipe is refused, so that both sides do the same. Each side draws its own
first weights, orders and moves.
"""

import copy
import json
import math
import time
from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from torch.nn import functional

# How PyTorch's convolutions are faster on a CPU.
FASTER = torch.channels_last

# What a recipe must have left as it is.
PLAIN = {
    "optimizer": {"clip": None, "accumulate": 1, "layer_decay": None, "decay_vectors": True, "groups": []},
    "run": {"minutes": None, "patience": None, "best": "loss", "on_nan": "stop"},
    "data": {"sampling": "uniform", "class_weights": "equal", "fold": None},
}


@dataclass
class Images:
    """Pixels `[n, channels, height, width]` of 8 bits; answers `[n]`, or masks `[n, 1, height, width]`."""

    names: list
    pixels: torch.Tensor
    answers: torch.Tensor

    def __len__(self):
        return len(self.names)

    def named(self, names):
        places = {name: place for place, name in enumerate(self.names)}
        picks = [places[name] for name in names]
        return Images(names, self.pixels[picks], self.answers[picks])


class Learning:
    """A network as it learns, and all that decides how it goes on."""

    PARTS = ("network", "average", "optimizer")
    VALUES = ("epoch", "steps", "seconds", "least", "best")

    def __init__(self, network, optimizer):
        network = network.to(memory_format=FASTER)
        self.network, self.average, self.optimizer = network, copy.deepcopy(network), optimizer(network)
        self.epoch, self.steps, self.seconds, self.least, self.best = 0, 0, 0.0, math.inf, None

    def save(self, path):
        kept = {part: getattr(self, part).state_dict() for part in self.PARTS}
        kept |= {name: getattr(self, name) for name in self.VALUES} | {"drawn": torch.get_rng_state()}
        torch.save(kept, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def load(self, path):
        kept = torch.load(path)
        for part in self.PARTS:
            getattr(self, part).load_state_dict(kept[part])
        for name in self.VALUES:
            setattr(self, name, kept[name])
        torch.set_rng_state(kept["drawn"])


class Peer:
    """The recipe of a run's folder, for PyTorch."""

    def __init__(self, run, images, threads):
        torch.set_num_threads(threads)
        self.recipe = json.loads((run / "config.json").read_text())
        for section, values in PLAIN.items():
            for key, value in values.items():
                found = self.recipe[section].get(key, value)
                if found != value:
                    raise SystemExit(f"{run}: {section}.{key} = {found}: the peer knows {value} alone")
        splits = json.loads((run / "splits.json").read_text())
        self.train, self.valid, self.test = (images.named(splits[part]) for part in ("train", "valid", "test"))
        scale = self.recipe["problem"]["preprocessing"]["normalization"]["data_set"]
        self.mean, self.deviation = (torch.tensor(scale[key]).view(-1, 1, 1) for key in ("mean", "deviation"))
        self.transforms = [step if isinstance(step, dict) else {step: {}} for step in self.recipe["augmentation"]]

    def learn(self, make, seed, path):
        """Trains a new network; the one of the best epoch, and the seconds it took. Beside `path` is what it
        tells of each epoch, and what it goes on with where it was stopped."""
        torch.manual_seed(seed)
        state = Learning(make(), self.optimizer)
        log, kept = path.with_suffix(".log"), path.with_suffix(".pt")
        if kept.is_file():
            state.load(kept)
        else:
            log.unlink(missing_ok=True)
        epochs = self.recipe["run"]["epochs"]
        while state.epoch < epochs:
            since = time.time()
            learned = self.epoch(state)
            validated = self.validated(state.average)
            if validated < state.least:
                state.least, state.best = validated, copy.deepcopy(state.average.state_dict())
            seconds = time.time() - since
            state.seconds += seconds
            state.epoch += 1
            with open(log, "a") as file:
                line = f"epoch {state.epoch}/{epochs}  {seconds:.1f} s  train: loss {learned:.4f}"
                print(f"{line}  valid: loss {validated:.4f}", file=file)
            state.save(kept)
        state.average.load_state_dict(state.best)
        return state.average.eval(), state.seconds

    def epoch(self, state):
        """One pass over the images to learn from; the mean loss."""
        run, learned = self.recipe["run"], 0.0
        size = run["batch_size"]
        every_step = run["epochs"] * math.ceil(len(self.train) / size)
        state.network.train()
        for picks in torch.randperm(len(self.train)).split(size):
            pixels, answers = self.transformed(self.train.pixels[picks], self.train.answers[picks])
            loss = self.loss(state.network(pixels), answers)
            state.optimizer.zero_grad()
            loss.backward()
            for group in state.optimizer.param_groups:
                group["lr"] = self.recipe["optimizer"]["lr"] * factor(self.recipe["schedule"], state.steps, every_step)
            state.optimizer.step()
            state.steps += 1
            follow(state.average, state.network, self.recipe["optimizer"]["average"] or 0.0, state.steps)
            learned += loss.item() * len(picks)
        return learned / len(self.train)

    def loaded(self, make, weights):
        """A network with weights that `train export` wrote: every name must have its partner."""
        network = make()
        network.load_state_dict(load_file(weights), strict=True)
        return network.eval()

    def optimizer(self, network):
        own = self.recipe["optimizer"]
        shared = {"lr": own["lr"], "weight_decay": own["weight_decay"]}
        match own["name"]:
            case "sgd":
                momentum = {"momentum": own["momentum"], "nesterov": own["nesterov"]}
                return torch.optim.SGD(network.parameters(), **shared, **momentum)
            case "adamw":
                betas = {"betas": (own["beta_1"], own["beta_2"]), "eps": own["epsilon"]}
                return torch.optim.AdamW(network.parameters(), **shared, **betas)
        raise SystemExit(f"optimizer '{own['name']}': the peer does not know it")

    def loss(self, logits, answers):
        return sum(term["weight"] * term_of(term, logits, answers) for term in self.recipe["loss"]["terms"])

    @torch.inference_mode()
    def validated(self, network):
        network.eval()
        size = self.recipe["run"]["batch_size"]
        losses = [
            self.loss(network(self.scaled(pixels)), flat(answers)).item() * len(pixels)
            for pixels, answers in zip(self.valid.pixels.split(size), self.valid.answers.split(size))
        ]
        return sum(losses) / len(self.valid)

    @torch.inference_mode()
    def classes(self, network, images):
        """The likeliest class of each image, or of each pixel."""
        size = self.recipe["run"]["batch_size"]
        return torch.cat([network(self.scaled(pixels)).argmax(1) for pixels in images.pixels.split(size)])

    def scaled(self, pixels):
        return ((pixels / 255 - self.mean) / self.deviation).contiguous(memory_format=FASTER)

    def transformed(self, pixels, answers):
        exposure = None
        for step in self.transforms:
            ((name, values),) = step.items()
            if name == "exposure":
                exposure = values
                continue
            place = geometry(name, values, pixels)
            pixels = place(pixels)
            answers = place(answers) if answers.dim() == 4 else answers
        pixels = self.scaled(pixels)
        if exposure:
            between = lambda most: (torch.rand(len(pixels), 1, 1, 1) * 2 - 1) * most
            pixels = pixels * between(exposure["contrast"]).exp() + between(exposure["brightness"])
        return pixels, flat(answers)


def flat(answers):
    """As PyTorch's losses take them: masks without their one channel."""
    return answers.flatten(0, 1).long() if answers.dim() == 4 else answers


def geometry(name, values, pixels):
    """A move, drawn for each image, that pixels and masks follow."""
    count, _, height, width = pixels.shape
    each = torch.arange(count)[:, None, None]

    def window(start, size):
        rows, columns = (torch.arange(side) + first[:, None] for side, first in zip(size, start))
        return lambda x: x[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    def by_chance(change):
        chosen = torch.rand(count, 1, 1, 1) < 0.5
        return lambda x: torch.where(chosen, change(x), x)

    match name:
        case "shift":
            reach = values["pixels"]
            take = window(torch.randint(2 * reach + 1, (2, count)), (height, width))
            return lambda x: take(functional.pad(x, [reach] * 4))
        case "crop":
            size = values["size"]
            start = [torch.randint(full - size + 1, (count,)) for full in (height, width)]
            return window(start, (size, size))
        case "flip_horizontal":
            return by_chance(lambda x: x.flip(3))
        case "flip_vertical":
            return by_chance(lambda x: x.flip(2))
        case "transpose":
            return by_chance(lambda x: x.transpose(2, 3))
    raise SystemExit(f"augmentation '{name}': the peer does not know it")


def term_of(term, logits, answers):
    match term["name"]:
        case "cross_entropy" if term.get("class_weights") is None:
            return functional.cross_entropy(logits, answers, label_smoothing=term["smoothing"])
        case "dice":
            probability = logits.softmax(1)[:, 1:]
            truth = functional.one_hot(answers, logits.shape[1]).movedim(-1, 1)[:, 1:]
            total = lambda x: x.sum((2, 3))
            both, all_of_both = total(probability * truth), total(probability) + total(truth)
            return 1 - ((2 * both + 1) / (all_of_both + 1)).mean()
    raise SystemExit(f"loss {term}: the peer does not know it")


def factor(schedule, done, every_step):
    """What the highest learning rate is multiplied by."""
    name, start, end = schedule["name"], schedule["start"], schedule["end"]
    if name not in ("cosine", "onecycle"):
        raise SystemExit(f"schedule '{name}': the peer does not know it")
    slowly = lambda t: (1 - math.cos(math.pi * t)) / 2
    rise = max(1, math.floor(every_step * schedule["warm_up"])) if schedule["warm_up"] > 0 else 0
    if done < rise:
        t = done / rise
        return start + (1 - start) * (slowly(t) if name == "onecycle" else t)
    t = min(1, (done - rise) / max(1, every_step - rise))
    return 1 + (end - 1) * slowly(t)


@torch.no_grad()
def follow(average, network, decay, step):
    """Moves an average of weights and running statistics on; its decay rises to what it is to be."""
    decay = min(decay, step / (step + 9))
    for own, other in zip(average.state_dict().values(), network.state_dict().values()):
        if own.is_floating_point():
            own.lerp_(other, 1 - decay)
