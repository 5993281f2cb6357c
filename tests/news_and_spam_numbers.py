"""The numbers of news_and_spam.md: ``python -m tests.news_and_spam_numbers``."""

from minillm.labs.stored import read_settings, read_study
from tests.few_examples_numbers import percent
from tests.readme_numbers import rows
from tests.told import print_page

CORPORA = {
    "english": "English",
    "chinese": "Chinese",
    "unbalanced": "unequal topics",
    "mislabelled": "wrong labels",
}
NEWS = ("majority", "bag of words", "bag of words and pairs", "BERT")
ACCURACY, F1 = 0, 1
FILTERS = {
    "bag of words": "bag of words",
    "bag of letters": "bag of letters",
    "BERT, word": "BERT, words",
    "BERT, wordpiece": "BERT, word pieces",
}
WAYS = ("as they are", "with copies")
SCORES = {"precision": 0, "recall": 1, "average precision": 3}
LET_THROUGH, ALARMS = 4, 5
ATTACKS = ("none", "blind, seen", "blind, unseen", "aimed, seen", "aimed, unseen")
EVERY = ("all, seen", "all, unseen")


def topics():
    """Accuracy and macro F1 of news classifiers."""
    found, lines = read_study("topics"), []
    for model in NEWS:
        cells = [percent(score) for corpus in CORPORA for score in found[f"{corpus}, {model}"].T]
        lines.append([model, *cells])
    header = [f"{name}: {score}" for name in CORPORA.values() for score in ("accuracy", "macro F1")]
    return rows(["", *header], lines)


def by_attack(study, score, filter_, way):
    """A score of a filter under each attack, ``(seeds, A)``, by the attack's name."""
    found = read_study(study)[f"{filter_}, {way}"][:, :, score]
    return dict(zip(read_settings(study)["attack"]["rows"], found.T, strict=True))


def attacked(study, score):
    """A score of every filter under every attack."""
    lines = []
    for name, title in FILTERS.items():
        for way in WAYS:
            found = by_attack(study, SCORES[score], name, way)
            lines.append([f"{title}, {way}", *(percent(found[row]) for row in ATTACKS + EVERY)])
    return rows([score, *ATTACKS, *EVERY], lines)


def drawn_precision():
    """Drawn messages: of what is called spam, the share that is spam."""
    return attacked("spam_attack", "precision")


def drawn_recall():
    """Drawn messages: of spam, the share that is called so."""
    return attacked("spam_attack", "recall")


def drawn_average_precision():
    """Drawn messages: the area under precision over recall."""
    return attacked("spam_attack", "average precision")


def real_precision():
    """Real messages: of what is called spam, the share that is spam."""
    return attacked("spam_attack_sms", "precision")


def real_recall():
    """Real messages: of spam, the share that is called so."""
    return attacked("spam_attack_sms", "recall")


def real_average_precision():
    """Real messages: the area under precision over recall."""
    return attacked("spam_attack_sms", "average precision")


DRAWN = (drawn_precision, drawn_recall, drawn_average_precision)
REAL = (real_precision, real_recall, real_average_precision)
TABLES = (topics, *DRAWN, *REAL)


def news_gain(corpus, more, less, score=ACCURACY):
    """How much better a model of news is than another, by seed."""
    found = read_study("topics")
    return (found[f"{corpus}, {more}"] - found[f"{corpus}, {less}"])[:, score]


def flattered(corpus, model):
    """How much more accuracy says of a model of news than macro F1, by seed."""
    found = read_study("topics")[f"{corpus}, {model}"]
    return found[:, ACCURACY] - found[:, F1]


def cost_of_wrong_labels(model):
    """How much macro F1 a model of news loses by wrong labels, by seed."""
    found = read_study("topics")
    return (found[f"english, {model}"] - found[f"mislabelled, {model}"])[:, F1]


def about_news():
    """What the bullets on news say, by name."""
    bag, pairs, bert = NEWS[1:]
    return {
        **{f"unequal, {model}": flattered("unbalanced", model) for model in (bag, pairs, bert)},
        **{f"{c}, BERT and pairs": news_gain(c, bert, pairs) for c in list(CORPORA)[:3]},
        "unequal, BERT and pairs, F1": news_gain("unbalanced", bert, pairs, F1),
        **{f"wrong labels, {model}": cost_of_wrong_labels(model) for model in (bag, pairs, bert)},
        "wrong labels, pairs and BERT": news_gain("mislabelled", pairs, bert, F1),
        "wrong labels, words and BERT": news_gain("mislabelled", bag, bert, F1),
    }


def spam_score(study, filter_, way, attack, score="average precision"):
    """A score of a filter under an attack, by seed."""
    place = {**SCORES, "false alarms": ALARMS}[score]
    return by_attack(study, place, filter_, way)[attack]


def lost(study, filter_, attack, score="recall"):
    """How much an attack costs a filter that was trained on messages as they are, by seed."""
    one, other = (spam_score(study, filter_, WAYS[0], a, score) for a in ("none", attack))
    return one - other


def by_copies(study, filter_, attack, score="average precision"):
    """How much better a filter is for being trained on misspelled copies too, by seed."""
    with_, without = (spam_score(study, filter_, w, attack, score) for w in WAYS[::-1])
    return with_ - without


def ahead(study, more, less, way, attack):
    """How much more average precision a filter has than another, by seed."""
    return spam_score(study, more, way, attack) - spam_score(study, less, way, attack)


def about_spam(study):
    """What the bullets on misspelled spam say, by name; the same of drawn and of real messages."""
    told = {f"recall lost, {name}": lost(study, name, "aimed, unseen") for name in FILTERS}
    told["recall lost blind, word pieces"] = lost(study, "BERT, wordpiece", "blind, unseen")
    told |= {f"copies, {name}": by_copies(study, name, "aimed, unseen") for name in FILTERS}
    told["copies, letters, seen"] = by_copies(study, "bag of letters", "aimed, seen")
    for name, way in (("letters and words", 0), ("letters and words, copies", 1)):
        told[name] = ahead(study, "bag of letters", "bag of words", WAYS[way], "aimed, unseen")
    told["alarms, BERT"] = spam_score(study, "BERT, word", WAYS[0], "all, unseen", "false alarms")
    for name in ("bag of words", "BERT, word"):
        told[f"precision by copies, {name}"] = by_copies(study, name, "all, unseen", "precision")
    return told


def bullets():
    """Every interval in the text of the pages, by what it is of."""
    told = {f"news: {name}": percent(values) for name, values in about_news().items()}
    return told | {
        f"{study}: {name}": percent(values)
        for study in ("spam_attack", "spam_attack_sms")
        for name, values in about_spam(study).items()
    }


if __name__ == "__main__":
    print_page(TABLES, bullets())
