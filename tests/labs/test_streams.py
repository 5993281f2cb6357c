"""Everything random in a study comes from its seed, and no two things from one stream."""

import sys

import pytest

from minillm.labs.study import find_study
from minillm.text.corpora import load_corpus
from tests.labs.test_settings import TINY, put, tiny
from tests.sampled import mostly_slow
from tests.streams import asked_twice, note_streams

SEED = 1
FEWER = {  # of what takes long and asks for the same streams again
    "augmentation": {"languages": ("en",)},
    "diversification": {"conditions": ("1", "1 + synonyms")},
    "cleaning": {"conditions": ("cleaned",)},
}


@pytest.mark.parametrize("name", mostly_slow([(name,) for name in TINY], TINY, 2))
def test_every_stream_and_corpus_is_of_the_seed_and_a_stream_is_asked_for_in_one_place(
    name, monkeypatch, public_folder
):
    study, settings = find_study(name), tiny(name)
    for path, value in FEWER.get(name, {}).items():
        settings = put(settings, path, value)
    found, corpora = note_streams(monkeypatch), []

    def noted(*arguments, **options):
        corpora.append(options["seed"])
        return load_corpus(*arguments, **options)

    if name != "gap":  # one corpus, of which every seed has its own items: see there
        module = sys.modules[study.measure.__module__]
        monkeypatch.setattr(module, "load_corpus", noted, raising=False)
    study.measure(settings, SEED)
    # the copy of a model drops out by a key that comes from that of the model, not from the seed
    assert found and {path[0] for path in found if path[1] != "copy of dropout"} == {SEED}
    assert asked_twice(found) == {}
    assert set(corpora) <= {SEED}
