"""Who waits for whom: the part of the time of training in which the model waits for its images, with two
threads that load, beside PyTorch's DataLoader with two workers.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.loading --data CIFAR10

CIFAR10 is the folder of `train_1.bin.xz` to `train_5.bin.xz` and `test.bin.xz`. Two cases, each an epoch,
ours and PyTorch's in turns: PNGs of CIFAR-10 and ResNet-20, and JPEGs of 512x512 and ResNet-18. The JPEGs
are parts of the two photos that scikit-learn brings along (by danielbuechele and vultilion, CC BY 2.0),
enlarged by a half and cut out anywhere: no larger photos are at hand. Both sides move and mirror what they
read, and learn with as many threads. A wait is from asking for a batch to having it.
"""

import importlib.util
import random
import re
import time
from pathlib import Path

import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18
from torchvision.transforms import v2

from results.kit import runs
from results.kit.networks import CifarResNet

HERE = Path(__file__).resolve().parent
LOADERS = 2
SIDE = 512
# As `train` prints where the time of an epoch goes, in milliseconds a batch.
TIMES = re.compile(r"\(decode (\d+) ms, augment (\d+) ms, wait (\d+) ms, step (\d+) ms\)")
CASES = {
    "pngs": {"model": "resnet20", "size": 32, "batch": 128, "limit": 12_800, "make": lambda: CifarResNet(20)},
    "jpegs": {"model": "resnet18", "size": SIDE, "batch": 8, "limit": 128, "make": lambda: resnet18(num_classes=2)},
}


def main():
    flags = runs.parser(__doc__, HERE)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the data's files")
    flags.add_argument("--turns", type=int, default=3, help="[default: %(default)s]")
    arguments = flags.parse_args()
    ours = runs.Runs(arguments)
    pngs(arguments.data, ours.folder / "pngs")
    jpegs(ours.folder / "jpegs")
    torch.set_num_threads(arguments.threads)
    cases = {}
    for name, case in CASES.items():
        both = lambda turn: (train(ours, name, case, turn), torch_epoch(ours, name, case, turn))
        own, theirs = zip(*map(both, range(arguments.turns)))
        cases[name] = {
            **{key: case[key] for key in ("model", "size", "batch", "limit")},
            "train": runs.spreads(own),
            "torch": runs.spreads(theirs, ["wait", "images_per_second"]),
        }
    summary = {"loaders": LOADERS, "cases": cases, "versions": runs.versions("torch", "torchvision", "pillow")}
    logs = [f"{name}-{turn}" for name in CASES for turn in range(arguments.turns)]
    ours.publish(arguments, HERE, summary, logs)


def pngs(source, out):
    if not (out / "test").is_dir():
        path = runs.ROOT / "crates/train/data/cifar10.py"
        spec = importlib.util.spec_from_file_location("cifar10", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.write([source / f"train_{number}.bin.xz" for number in range(1, 6)], out / "train")
        script.write([source / "test.bin.xz"], out / "test")


def jpegs(out, count=160):
    """Parts of photos, three quarters to learn from."""
    if (out / "test").is_dir():
        return
    draw = random.Random(1)
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    photos = [photo.resize([side * 3 // 2 for side in photo.size], Image.Resampling.LANCZOS) for photo in photos]
    for number in range(count):
        kind = number % 2
        part = "train" if number < 144 else "valid" if number < 152 else "test"
        left, top = (draw.randint(0, side - SIDE) for side in photos[kind].size)
        path = out / part / ["china", "flower"][kind] / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photos[kind].crop((left, top, left + SIDE, top + SIDE)).save(path, quality=90)


def train(ours, name, case, turn):
    """An epoch of ours."""
    run = f"{name}-{turn}"
    flags = ["--model", case["model"], "--image-size", case["size"], "--batch-size", case["batch"]]
    setting = ["--set", f"data.threads={LOADERS}"]
    ours.fit(run, "--data", name, *flags, *setting, "--limit", case["limit"], "--epochs", 1)
    found = TIMES.search((ours.folder / f"{run}.log").read_text())
    _, _, wait, step = map(int, found.groups())
    return {"wait": wait / (wait + step), "images_per_second": 1000 * case["batch"] / (wait + step)}


def torch_epoch(ours, name, case, turn):
    return ours.once(f"torch-{name}-{turn}", lambda _: epoch(ours.folder / name / "train", case))


def epoch(folder, case):
    """An epoch of PyTorch's, from the first request for a batch on."""
    seen = [
        v2.ToImage(),
        v2.RandomCrop(case["size"], padding=case["size"] // 16),
        v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.5] * 3, [0.25] * 3),
    ]
    images = ImageFolder(folder, v2.Compose(seen))
    images = Subset(images, torch.randperm(len(images))[: case["limit"]].tolist())
    network = case["make"]().train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    since, waited = time.perf_counter(), 0.0
    batches = iter(DataLoader(images, case["batch"], shuffle=True, num_workers=LOADERS))
    while True:
        asked = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            break
        waited += time.perf_counter() - asked
        loss = cross_entropy(network(batch[0]), batch[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    lasted = time.perf_counter() - since
    return {"wait": waited / lasted, "images_per_second": len(images) / lasted}


if __name__ == "__main__":
    main()
