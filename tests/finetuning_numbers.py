"""The tables of fine_tuning.md: ``python -m tests.finetuning_numbers``."""

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.readme_numbers import rows
from tests.told import print_page


def with_interval(values, digits=2):
    """Mean over the seeds, and half the width of its 95 % confidence interval."""
    mean, half = mean_and_interval(values)
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def ranks():
    """A GPT goes from reviews to news: learned, forgotten, the rank of the change."""
    found, settings = read_study("ranks"), read_settings("ranks")
    last = settings["tuning"]["measured_at"][-1]
    lines = [["before", *(with_interval(nats) for nats in found["before"].T), "", ""]]
    for place, (rank, rate) in enumerate(settings["ways"]):
        name = f"LoRA, rank {rank}" if rank else "full"
        lines.append(
            [
                f"{name}, rate {rate:g}",
                with_interval(found["learned"][:, place, -1]),
                with_interval(found["forgotten"][:, place, -1]),
                with_interval(found["rank"][:, place], 1),
                f"{found['trained'][0, place]:,.0f}",
            ]
        )
    header = [f"after {last} updates", "news, nats per token", "reviews, nats per token"]
    return rows([*header, "rank of the change", "numbers trained"], lines)


def curves():
    """The same on the way: what is learned and forgotten after so many updates."""
    found, settings = read_study("ranks"), read_settings("ranks")
    lines = []
    for place, (rank, rate) in enumerate(settings["ways"]):
        name = f"LoRA, rank {rank}" if rank else "full"
        pairs = zip(found["learned"][:, place].T, found["forgotten"][:, place].T, strict=True)
        cells = [f"{learned.mean():.2f}, {lost.mean():.2f}" for learned, lost in pairs]
        lines.append([f"{name}, rate {rate:g}", *cells])
    measured = settings["tuning"]["measured_at"]
    return rows(["news, reviews", *(f"{n} updates" for n in measured)], lines)


def ways():
    """What each way of fine-tuning teaches a BERT, and what its language costs afterwards."""
    found, settings = read_study("ways"), read_settings("ways")
    names = ["full", "lower layers more slowly", "head alone"]
    names += [f"LoRA, rank {rank}" for rank, _ in settings["lora"]] + ["adapters"]
    corpora = {"sentiment": "reviews", "topics": "news"}
    lines = [["before"]]
    for corpus in corpora:
        lines[0] += ["", *(with_interval(nats) for nats in found[f"{corpus}, before"].T)]
    for place, name in enumerate(names):
        line = [name]
        for corpus in corpora:
            line += [
                with_interval(found[f"{corpus}, {key}"][:, place, -1])
                for key in ("accuracy", "own", "others")
            ]
        lines.append(line)
    for place, name in enumerate(("bag of words", "bag of words and pairs")):
        line = [name]
        for corpus in corpora:
            line += [with_interval(found[f"{corpus}, bags"][:, place]), "", ""]
        lines.append(line)
    header = [""]
    for name in corpora.values():
        header += [f"{name}: accuracy", "nats, own", "nats, others"]
    return rows(header, lines)


TABLES = (ways, ranks, curves)


if __name__ == "__main__":
    print_page(TABLES)
