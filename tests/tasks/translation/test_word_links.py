"""IBM Model 1 against the enumeration of all alignments, and what it finds in a little language."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from minillm.tasks.metrics import alignment_error_rate
from minillm.tasks.translation import WordForWord, WordLinks, evaluate_translations
from minillm.tasks.translation.baselines import CopySource
from tests.tasks.translation.little import ADJECTIVES, NOUNS, TEST, TEST_LINKS, TRAIN, VERBS

PAIRS = [
    (["a", "b"], ["x", "y"]),
    (["b", "c"], ["y", "z", "z"]),
    (["a", "a"], ["x"]),
    (["c"], ["z", "y"]),
]


def enumerated(pairs, rounds):
    """The same by all (S + 1)^T alignments of every sentence: tables of p(f | e), likelihoods."""
    targets = {f for _, target in pairs for f in target}
    p = defaultdict(lambda: 1 / len(targets))
    likelihoods = []
    for _ in range(rounds):
        counts, total = defaultdict(float), 0.0
        for source, target in pairs:
            sides = ["", *source]
            alignments = list(itertools.product(range(len(sides)), repeat=len(target)))
            weights = [
                math.prod(p[sides[s], f] / len(sides) for s, f in zip(a, target, strict=True))
                for a in alignments
            ]
            total += math.log(sum(weights))
            for a, weight in zip(alignments, weights, strict=True):
                for s, f in zip(a, target, strict=True):
                    counts[sides[s], f] += weight / sum(weights)
        likelihoods.append(total)
        sums = defaultdict(float)
        for (e, _), n in counts.items():
            sums[e] += n
        p = defaultdict(float, {(e, f): n / sums[e] for (e, f), n in counts.items()})
    return p, likelihoods


@pytest.mark.guide("G38")
@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_it_is_the_sum_over_all_alignments(rounds):
    links = WordLinks(PAIRS, rounds=rounds)
    p, likelihoods = enumerated(PAIRS, rounds)
    for e in ("", "a", "b", "c"):
        for f in ("x", "y", "z"):
            assert links.probability(f, e) == pytest.approx(p[e, f], abs=1e-12)
    np.testing.assert_allclose(links.log_likelihoods, likelihoods, rtol=1e-12)


def test_every_round_makes_the_sentences_more_probable_and_probabilities_sum_to_one():
    links = WordLinks([(s.split(), t.split()) for s, t in TRAIN], rounds=12)
    assert (np.diff(links.log_likelihoods) > 0).all()
    sums = np.bincount(links.e, links.probabilities)
    np.testing.assert_allclose(sums, 1.0, atol=1e-12)


@pytest.mark.guide("G38")
def test_it_finds_the_words_and_the_links_of_the_little_language():
    links = WordLinks([(s.split(), t.split()) for s, t in TRAIN])
    found = links.dictionary()
    assert {w: found[w] for w in (*NOUNS, *ADJECTIVES, *VERBS)} == NOUNS | ADJECTIVES | VERBS
    assert found["not"] in ("ne", "pa")
    got = [links.links(s.split(), t.split()) for s, t in TEST]
    assert alignment_error_rate(got, TEST_LINKS) == 0.0  # "la" is explained by nothing


@pytest.mark.guide("G38")
def test_word_for_word_knows_the_words_and_not_their_order():
    system = WordForWord.learn(TRAIN)
    assert system.translate(["cat red zebra sleeps", ""]) == ["kato ruga zebra dormas", ""]
    scores, written = evaluate_translations(system, TEST)
    assert scores.exact == 0.0
    assert scores.bleu.precisions[0] == 100.0  # every word is right
    assert len(written[0].split()) == len(TEST[0].source.split())
    chinese = WordForWord({"I": "我", "see": "看", ".": "。"})
    assert chinese.translate(["I, I see."]) == ["我,我看。"]  # what is unknown stays
    assert CopySource().translate(["one", "two"]) == ["one", "two"]
    assert evaluate_translations(CopySource(), TEST)[0].exact == 0.0


def test_what_cannot_be_counted_is_refused():
    for pairs, rounds in (([], 3), (PAIRS, 0)):
        with pytest.raises(ValueError, match="pairs and a round at least"):
            WordLinks(pairs, rounds=rounds)
    links = WordLinks(PAIRS)
    assert links.probability("x", "zebra") == links.probability("zebra", "a") == 0.0
    assert links.links(["zebra"], ["y", "zebra"]) == frozenset()
