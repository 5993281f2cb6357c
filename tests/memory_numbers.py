"""The table of memory against time on the pages: ``python -m tests.memory_numbers``."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
STORED = ROOT / "tests" / "benchmarks" / "results" / "memory"
PAGES = {
    "own_text.md": "| recompute | accumulate | peak, MB | by formula | time |",
    "zh/own_text.md": "| recompute | accumulate | 峰值，MB | 按公式 | 用时 |",
}
SIZE = "mid"


def stored():
    """What ``bench --parts memory --json`` wrote on each processor."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(STORED.glob("*.json"))]


def table(head, ways):
    """One line for each way to make an update."""
    lines = [head, "|---:|---:|---:|---:|---:|"]
    for way, found in ways.items():
        recompute, accumulate = (part.split()[1] for part in way.split(", "))
        numbers = (f"{found[column]:.0f}" for column in ("peak MB", "formula MB"))
        lines.append(
            f"| {recompute} | {accumulate} | {' | '.join(numbers)} | {found['time / plain']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def tables():
    """The table of each page, from the first processor's numbers."""
    ways = stored()[0]["memory"][f"{SIZE}, by way"]
    return {page: table(head, ways) for page, head in PAGES.items()}


def main():
    """Write the tables into the pages."""
    for page, made in tables().items():
        file = ROOT / "lessons" / page
        text = file.read_text(encoding="utf-8")
        start = text.index(PAGES[page])
        end = text.index("\n\n", start) + 1
        file.write_text(text[:start] + made + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
