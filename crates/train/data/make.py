"""Makes the embedded data sets `mnist-mini` and `nuclei-mini`.

    pip install -r requirements.txt
    python make.py SOURCE

SOURCE holds the originals:

    mnist/train-images-idx3-ubyte.gz    mnist/train-labels-idx1-ubyte.gz
    mnist/t10k-images-idx3-ubyte.gz     mnist/t10k-labels-idx1-ubyte.gz
    dsb2018/nuclei_256.tar              256x256 gray images of BBBC038v1

The results are written beside this script. The same source and the pinned
versions give the same bytes; the choice of images depends on the seed alone.
"""

import argparse
import csv
import gzip
import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import oxipng
from PIL import Image

HERE = Path(__file__).resolve().parent

# `RandomState` rather than `default_rng`: NumPy has frozen its stream.
SEED = 20180416

DIGIT_TRAIN = 600
DIGIT_TEST = 100

# Training images are drawn from a grid of brightness groups, each cut into
# runs of rising nucleus count, one image a run.
BRIGHTNESS_GROUPS = 7
RUNS_PER_GROUP = 10
NUCLEI_LIMIT = 2_000_000

# Training images that show the same field of view as a test image at another
# brightness (correlation 1.00 at 32x32 pixels; every other pair is below 0.4).
TWINS_OF_TEST_IMAGES = {
    "0287e7ee5b007c91",
    "7c318172e976ae5a",
    "9cdac2870cfe65b6",
    "abbfff07379bceb6",
}


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    dims = data[3]
    shape = np.frombuffer(data, ">u4", dims, 4).astype(int)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape)


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim])
    header += np.array(array.shape, ">u4").tobytes()
    buffer = io.BytesIO()
    # No file name and no time in the header.
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as file:
        file.write(header + np.ascontiguousarray(array).tobytes())
    path.write_bytes(buffer.getvalue())


def balanced(labels, per_class, random):
    """Shuffled indices of `per_class` items of each class."""
    picks = [random.permutation(np.flatnonzero(labels == c))[:per_class] for c in range(10)]
    return random.permutation(np.concatenate(picks))


def make_mnist(source, out):
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(SEED)
    for name, origin, per_class in [("train", "train", DIGIT_TRAIN), ("test", "t10k", DIGIT_TEST)]:
        images = read_idx(source / f"{origin}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{origin}-labels-idx1-ubyte.gz")
        picks = balanced(labels, per_class, random)
        write_idx(out / f"{name}-images-idx3-ubyte.gz", images[picks])
        write_idx(out / f"{name}-labels-idx1-ubyte.gz", labels[picks])

        images = read_idx(out / f"{name}-images-idx3-ubyte.gz")
        labels = read_idx(out / f"{name}-labels-idx1-ubyte.gz")
        assert images.shape == (10 * per_class, 28, 28)
        assert np.array_equal(np.bincount(labels), [per_class] * 10)
        pixels = images / 255.0
        print(f"mnist-mini {name}: {len(labels)} images, mean {pixels.mean():.4f}, std {pixels.std():.4f}")


def png(array):
    """A lossless 8-bit gray PNG, optimised but never reduced to a palette or to fewer bits."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG", optimize=True)
    return oxipng.optimize_from_memory(
        buffer.getvalue(),
        level=6,
        interlace=oxipng.Interlacing.Off,
        strip=oxipng.StripChunks.all(),
        deflate=oxipng.Deflaters.libdeflater(12),
        bit_depth_reduction=False,
        color_type_reduction=False,
        palette_reduction=False,
        grayscale_reduction=False,
    )


def otsu(image):
    """The threshold t that maximises the variance between `<= t` and `> t`."""
    counts = np.bincount(image.ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    total = below[-1]
    sums = np.cumsum(counts * np.arange(256))
    above = total - below
    valid = (below > 0) & (above > 0)
    variance = np.where(valid, (sums[-1] * below - sums * total) ** 2, 0) / np.where(valid, below * above, 1)
    return int(np.argmax(variance))


def spread(rows, random):
    """Varied rows: one from each nucleus-count run of each brightness group."""
    rows = sorted(rows, key=lambda r: (float(r["mean_intensity"]), r["id"]))
    picks = []
    for group in np.array_split(np.arange(len(rows)), BRIGHTNESS_GROUPS):
        group = sorted((rows[i] for i in group), key=lambda r: (int(r["nuclei"]), r["id"]))
        for run in np.array_split(np.arange(len(group)), RUNS_PER_GROUP):
            picks.append(group[run[random.randint(len(run))]])
    return [picks[i] for i in random.permutation(len(picks))]


def make_nuclei(archive, out):
    random = np.random.RandomState(SEED)
    index = []
    with tarfile.open(archive) as tar:
        root = "dsb2018_256"

        def read(path):
            return tar.extractfile(f"{root}/{path}").read()

        def pixels(path):
            return np.array(Image.open(io.BytesIO(read(path))))

        for split in ["train", "test"]:
            rows = list(csv.DictReader(io.StringIO(read(f"{split}/index.csv").decode())))
            if split == "train":
                rows = spread([r for r in rows if r["id"] not in TWINS_OF_TEST_IMAGES], random)
            for kind in ["images", "masks"]:
                shutil.rmtree(out / split / kind, ignore_errors=True)
                (out / split / kind).mkdir(parents=True)
            scores, fractions = [], []
            for number, row in enumerate(rows):
                name = f"nuclei_{number:03}.png"
                image = pixels(f"{split}/images/{row['id']}.png")
                mask = np.where(pixels(f"{split}/masks/{row['id']}.png"), 255, 0).astype(np.uint8)
                for kind, array in [("images", image), ("masks", mask)]:
                    assert array.shape == (256, 256) and array.dtype == np.uint8
                    path = out / split / kind / name
                    path.write_bytes(png(array))
                    written = Image.open(path)
                    assert written.mode == "L" and np.array_equal(np.array(written), array)
                nuclei = mask > 0
                guess = image > otsu(image)
                scores.append((guess & nuclei).sum() / (guess | nuclei).sum())
                fractions.append(nuclei.mean())
                index.append([split, name, row["kaggle_id"], row["nuclei"], f"{nuclei.mean():.4f}", f"{image.mean():.1f}"])
            print(
                f"nuclei-mini {split}: {len(rows)} images, Otsu's foreground IoU, mean over images, "
                f"{np.mean(scores):.4f}, mean foreground fraction {np.mean(fractions):.4f}"
            )
    with open(out / "index.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["split", "file", "bbbc038_id", "nuclei", "foreground_fraction", "mean_intensity"])
        writer.writerows(index)


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the folder of the originals")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: beside this script)")
    arguments = parser.parse_args()
    make_mnist(arguments.source / "mnist", arguments.out / "mnist-mini")
    make_nuclei(arguments.source / "dsb2018" / "nuclei_256.tar", arguments.out / "nuclei-mini")
    for name in ["mnist-mini", "nuclei-mini"]:
        print(f"{name}: {size(arguments.out / name)} bytes")
    if size(arguments.out / "nuclei-mini") > NUCLEI_LIMIT:
        raise SystemExit(f"nuclei-mini is larger than {NUCLEI_LIMIT} bytes: lower RUNS_PER_GROUP")


if __name__ == "__main__":
    main()
