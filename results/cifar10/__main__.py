"""ResNet-20 on CIFAR-10 beside PyTorch with the same recipe: the accuracy on the 10,000 test images.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.cifar10 --data CIFAR10

CIFAR10 is the folder of `train_1.bin.xz` to `train_5.bin.xz` and `test.bin.xz`. For each seed `train`
learns, and then PyTorch from the same images by the same recipe, both with two threads. Our weights are
put into PyTorch's network by their names, and have to give the same accuracy there: the networks and the
images are the same. A seed that is done is not run again; one that was stopped goes on.
"""

from pathlib import Path

from torch import nn

from results.kit import cifar10, peer, runs
from results.kit.networks import CifarResNet

HERE = Path(__file__).resolve().parent


def main():
    arguments = runs.recipe_arguments(__doc__, HERE)
    ours = runs.Runs(arguments)
    cifar10.prepare(arguments.data, ours.folder / "cifar10")
    images = cifar10.read(ours.folder / "cifar10")
    names, theirs = [], []
    for seed in arguments.seeds:
        name = ours.learn(arguments, HERE, "cifar10", seed)
        twin = peer.Peer(ours.folder / name, images, arguments.threads)
        moved = ours.once(f"{name}-in-torch", lambda _: {"accuracy": accuracy(twin, ours.weights(name))})
        own = ours.summary(name)["test"]["accuracy"]
        if abs(moved["accuracy"] - own) > 3e-4:
            raise SystemExit(f"{name}: {own} of the test images are right, and {moved['accuracy']} in PyTorch")
        theirs.append(ours.once(f"torch-{name}", lambda path: learn(twin, seed, path)))
        names.append(name)
    summary = {
        "seeds": arguments.seeds,
        "train": ours.spreads(names),
        "torch": {"test": runs.spreads(theirs, ["accuracy"]), **runs.spreads(theirs, ["seconds"])},
        "versions": runs.versions("torch"),
    }
    ours.publish(arguments, HERE, summary, [*names, *(f"torch-{name}" for name in names)])


def learn(twin, seed, path):
    network, seconds = twin.learn(started, seed, path)
    return {"accuracy": right(twin, network), "seconds": seconds}


def started():
    """With the first weights of the paper's (He et al. 2015), as ours and torchvision's are drawn; PyTorch's own
    have less than half the deviation, and learn faster at first."""
    network = CifarResNet(20)
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out")
    return network


def accuracy(twin, weights):
    return right(twin, twin.loaded(lambda: CifarResNet(20), weights))


def right(twin, network):
    return (twin.classes(network, twin.test) == twin.test.answers).double().mean().item()


if __name__ == "__main__":
    main()
