import pytest

from minillm.tasks.metrics import bleu, chrf
from minillm.tasks.translation import evaluate_translations, score_translations
from minillm.text.parallel_files import Pair


class Fixed:
    """Says what it was told to."""

    def __init__(self, texts):
        self.texts = texts

    def translate(self, texts):
        return self.texts


@pytest.mark.guide("G38")
def test_scores_are_those_of_the_whole_corpus():
    written = ["The cat sleeps on a mat.", "a dog", "birds  sing"]
    references = ["the cat sleeps on the mat.", "a big dog", "Birds sing"]
    pairs = [Pair("x", reference) for reference in references]
    scores, translations = evaluate_translations(Fixed(written), pairs)
    assert translations == written
    assert scores.n == 3
    assert scores.exact == pytest.approx(1 / 3)  # capitals and blanks do not count
    assert scores.bleu == bleu(written, references)
    assert scores.chrf == chrf(written, references)
    chinese = score_translations(["她喜欢书。"], ["她买了书。"], tokenize="zh")
    assert chinese.bleu == bleu(["她喜欢书。"], ["她买了书。"], tokenize="zh")


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="at least one pair"):
        evaluate_translations(Fixed([]), [])
    with pytest.raises(ValueError, match="Fixed gave 1 translations of 2 sentences"):
        evaluate_translations(Fixed(["x"]), [Pair("a", "b")] * 2)
