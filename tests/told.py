"""What pages of results say outside of their tables."""

import re
from pathlib import Path

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
