"""Result files, one for each processor: ``results/intel-xeon-processor-6-143.json``.

A record is what one run found of one case: a size of the step, an op.  A later run takes the place
of an earlier one of the same case, with the same clock, threads and label; everything else stays.
``before`` is the label of what was measured before there were kernels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.backend.machine import processor_slug

RESULTS = Path(__file__).with_name("results")
KEY = ("section", "case", "clock", "threads", "label")

Record = dict[str, Any]


def file_of(processor: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Where the records of a processor are."""
    return folder / f"{processor_slug(processor)}.json"


def stored(file: Path) -> list[Record]:
    """The records of a file, none where there is no file."""
    return json.loads(file.read_text(encoding="utf-8"))["records"] if file.exists() else []


def merged(earlier: Iterable[Record], later: Iterable[Record]) -> list[Record]:
    """All records, the later one where two have the same key; in the order of first coming."""
    found = {tuple(record[name] for name in KEY): record for record in earlier}
    return list((found | {tuple(r[name] for name in KEY): r for r in later}).values())


def keep(processor: dict[str, Any], records: Iterable[Record], folder: Path = RESULTS) -> Path:
    """Merge records into the file of their processor, and give its path."""
    file = file_of(processor, folder)
    content = {"processor": processor, "records": merged(stored(file), records)}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(file, text.encode("utf-8"))
    return file


def old_format(content: dict[str, Any], label: str) -> list[Record]:
    """The records of a ``results.json`` as it was when there was one for all processors."""
    return [
        {
            "section": "step", "case": size, "clock": "cpu", "threads": content["threads"],
            "label": label, "rounds": content["rounds"], "settings": settings,
            "rows": [renamed(row) for row in content["results"] if row["size"] == size],
        }
        for size, settings in content["sizes"].items()
    ]  # fmt: skip


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the old format in the words of a new one."""
    kept = ("ms", "least_ms", "versions", "tokens_per_second", "peak_mb")
    name = row["implementation"]
    tanh = name in ("minillm_tanh", "autograd", "dezero")
    ours = "minillm_tanh" if tanh else "minillm"
    times = {} if name == ours else {ours: row["minillm_is_faster_by"]}
    return {"name": name, "times_ours": times, "value": row["loss"]} | {k: row[k] for k in kept}
