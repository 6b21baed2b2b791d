"""Writes CIFAR-10 as 60,000 PNG files in folders of classes.

    python cifar10.py SOURCE OUT

SOURCE holds train_1.bin.xz to train_5.bin.xz and test.bin.xz: records of a
label byte, then 1,024 red, 1,024 green and 1,024 blue bytes, row by row. OUT
must be new. Written are OUT/train/CLASS/NNNNN.png and OUT/test/CLASS/NNNNN.png,
lossless, which is what `train fit --data OUT` reads; it holds 5,000 training
images out for validation. Python's own library is enough.

What it is for: to see how much memory and time a set takes that is larger than
the embedded ones,

    train fit --data OUT --model resnet8 --image-size 32 --epochs 1
"""

import argparse
import lzma
import struct
import zlib
from pathlib import Path

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SIDE = 32
PLANE = SIDE * SIDE
RECORD = 1 + 3 * PLANE


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(planes):
    """A PNG of 8 bits a colour; each row is stored as the difference to the pixel at its left."""
    pixels = bytearray(3 * PLANE)
    for colour in range(3):
        pixels[colour::3] = planes[colour * PLANE : (colour + 1) * PLANE]
    rows = bytearray()
    for start in range(0, 3 * PLANE, 3 * SIDE):
        row = pixels[start : start + 3 * SIDE]
        rows.append(1)
        rows += bytes((here - left) & 255 for here, left in zip(row, bytes(3) + row))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def write(files, out):
    for name in CLASSES:
        (out / name).mkdir(parents=True)
    number = 0
    for file in files:
        records = lzma.decompress(file.read_bytes())
        assert len(records) % RECORD == 0, file
        for start in range(0, len(records), RECORD):
            name = CLASSES[records[start]]
            planes = records[start + 1 : start + RECORD]
            (out / name / f"{number:05}.png").write_bytes(png(planes))
            number += 1
    print(f"{out}: {number} images")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the folder of the .bin.xz files")
    parser.add_argument("out", type=Path, help="the folder to write; new")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True)
    write([arguments.source / f"train_{i}.bin.xz" for i in range(1, 6)], arguments.out / "train")
    write([arguments.source / "test.bin.xz"], arguments.out / "test")


if __name__ == "__main__":
    main()
