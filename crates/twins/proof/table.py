"""What came of a check, as a committed file: JSON, a model a line."""

import json


def write(path, head, rows):
    head = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    models = '  "models": {\n' + ",\n".join(lines) + "\n  }"
    path.write_text("{\n" + ",\n".join([*head, models]) + "\n}\n")


def rounded(value):
    """Two digits are enough of a difference."""
    return float(f"{value:.2g}")
