"""What pages of results say outside of their tables."""

import re
from pathlib import Path

from minillm.labs.statistics import mean_and_interval

LESSONS = Path(__file__).parents[1] / "lessons"
INTERVAL = re.compile(r"-?\d+\.\d+ ± \d+\.\d+")


def lines_of(page):
    """The lines of a page of the lessons."""
    return (LESSONS / page).read_text(encoding="utf-8").splitlines()


def text_of(page, headings=()):
    """What a page says outside of its tables, in one line; of the parts under some headings."""
    parts = re.split(r"^## ", "\n".join(lines_of(page)), flags=re.MULTILINE)
    chosen = [p for p in parts if not headings or p.partition("\n")[0] in headings]
    told = [line.strip() for line in "\n".join(chosen).splitlines() if not line.startswith("|")]
    return " ".join(told)


def numbers(page, headings=()):
    """Every whole number in that text, with a comma between thousands, as a set."""
    return set(re.findall(r"(?<![\d.])\d+(?:,\d{3})*(?![\d.]*\d)", text_of(page, headings)))


def intervals(page, headings=()):
    """Every mean with its interval in that text, sorted."""
    return sorted(INTERVAL.findall(text_of(page, headings)))


def missing_rows(table, page):
    """The rows of a table that the page does not have."""
    lines = lines_of(page)
    return [row for row in table() if row not in lines]


def above_zero(values):
    """Which means over the seeds are above 0 beyond their intervals."""
    mean, half = mean_and_interval(values)
    return mean > half


def print_page(tables, bullets=()):
    """What a page should say: its tables, and the numbers of its text by name."""
    for table in tables:
        print(f"{table.__doc__}\n\n" + "\n".join(table()) + "\n")
    for name, text in dict(bullets).items():
        print(f"{name}: {text}")
