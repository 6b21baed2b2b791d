"""CIFAR-10 (Krizhevsky 2009) in three parts: 49,000 images to learn from, 1,000 of the training images to
choose the epoch by, and the 10,000 test images."""

import lzma

import torch

from results.kit.peer import Images

RECORD = 1 + 3 * 32 * 32
VALID = 1000


def prepare(source, out):
    """Writes the parts as files that both sides read."""
    if (out / "test.bin").is_file():
        return
    out.mkdir(parents=True, exist_ok=True)
    packed = lambda name: lzma.decompress((source / f"{name}.bin.xz").read_bytes())
    training = b"".join(packed(f"train_{number}") for number in range(1, 6))
    if len(training) != 50_000 * RECORD:
        raise SystemExit(f"'{source}' has {len(training) // RECORD} training images: must be 50,000")
    valid = len(training) - VALID * RECORD
    # The test comes last: where it is, all is there.
    for name, records in [("train", training[:valid]), ("valid", training[valid:]), ("test", packed("test"))]:
        (out / f"{name}.bin").write_bytes(records)


def read(folder):
    """All images, by the names that `train` gives them."""
    names, records = [], []
    for part in ("train", "valid", "test"):
        own = torch.frombuffer(bytearray((folder / f"{part}.bin").read_bytes()), dtype=torch.uint8).view(-1, RECORD)
        names += [f"{part}-{index:04}" for index in range(len(own))]
        records.append(own)
    records = torch.cat(records)
    return Images(names, records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long())
