"""The decoder of the lab of lengths: its positions, its padding, its last block."""

import numpy as np
import pytest

from minillm.labs.mismatch.length_model import POSITIONS, Decoder, Sizes, thought
from minillm.labs.mismatch.length_readers import Cut, Scattered, Trained, scattered, shifted
from minillm.training import evaluating

SMALL = {"width": 16, "n_heads": 2, "hidden": 16}
IDS = np.array([[0, 0, 3, 4, 1], [5, 4, 3, 2, 1], [0, 0, 0, 0, 1]])


def made(**sizes):
    rng = np.random.default_rng(0)
    decoder = Decoder(8, Sizes(**{**SMALL, **sizes}), n_classes=2, rng=rng)
    for table in [p for p in decoder.parameters() if p.ndim == 2]:
        table.data = table.data * 3  # so that the attention prefers something
    return decoder


def said(decoder, ids, places=None):
    with evaluating(decoder):
        return decoder(np.asarray(ids), places).data


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_on_the_left_changes_nothing(positions):
    decoder = made(positions=positions)
    padded = said(decoder, [[0, 0, 3, 4, 1]])
    np.testing.assert_allclose(padded, said(decoder, [[3, 4, 1]]), atol=1e-5)


@pytest.mark.parametrize("positions", POSITIONS)
def test_only_without_positions_the_order_of_a_text_does_not_count(positions):
    decoder = made(positions=positions)
    difference = np.abs(said(decoder, [[3, 4, 1]]) - said(decoder, [[4, 3, 1]])).max()
    assert (difference < 1e-5) == (positions == "none")  # one layer, asked at its end


@pytest.mark.parametrize("positions", ["rotary", "ALiBi"])
def test_positions_in_the_attention_know_distances_alone(positions):
    """What comes before a text is far away: only how far it is can count."""
    decoder = made(positions=positions)
    x = decoder.tokens(np.array([[3, 4, 5, 4, 1]]))
    attention = decoder.blocks[0].attention
    scores = np.log(attention.weights(x)[0, :, -1])  # (H, S)
    one, two = scores[:, 1], scores[:, 3]  # the same word, 3 and 1 back
    moved = np.log(attention.weights(decoder.tokens(np.array([[2, 3, 4, 5, 4, 1]])))[0, :, -1])
    np.testing.assert_allclose(two - one, moved[:, 4] - moved[:, 2], atol=1e-4)
    assert np.abs(two - one).max() > 1e-3


def test_the_last_block_is_the_block_as_it_is():
    for layers in (1, 2):
        decoder = made(n_layers=layers)
        x, mask = decoder.embed(IDS, None), (IDS != 0)[:, None, None, :]
        for block in decoder.blocks:
            x = block(x, mask=mask)
        whole = decoder.output(decoder.norm(x[:, -1])).data
        np.testing.assert_allclose(said(decoder, IDS), whole, atol=1e-5)


def test_without_attention_only_the_question_is_seen():
    decoder = made(attention=False, positions="none")
    np.testing.assert_allclose(said(decoder, IDS)[0], said(decoder, IDS)[1], atol=1e-6)
    x = decoder.tokens(np.array([[1]]))
    block = decoder.blocks[0]
    expected = x.data + block.feed_forward(block.feed_forward_norm(x)).data
    np.testing.assert_allclose(thought(block, x).data, expected)


def test_dropout_falls_on_what_is_added():
    decoder = made(dropout=0.5)
    decoder.train()
    assert np.abs(decoder(IDS).data - decoder(IDS).data).max() > 0.01


def test_given_places_stand_for_those_that_are_counted():
    decoder, counted = made(), np.array([[0, 1, 2]])
    np.testing.assert_allclose(said(decoder, [[3, 4, 1]], counted), said(decoder, [[3, 4, 1]]))
    other = said(decoder, [[3, 4, 1]], counted + 7)
    assert np.abs(other - said(decoder, [[3, 4, 1]])).max() > 1e-3
    with pytest.raises(ValueError, match="where they are learned, not sinusoidal"):
        made(positions="sinusoidal")(IDS, np.zeros_like(IDS))
    with pytest.raises(ValueError, match="learned, sinusoidal, rotary, ALiBi, none, got 'T5'"):
        made(positions="T5")


def test_a_shifted_text_keeps_its_distances_and_starts_anywhere():
    ids = np.repeat(IDS[:2], 2000, axis=0)
    found = shifted(ids, 8, np.random.default_rng(0))
    short, full = found[:2000], found[2000:]
    assert (short[:, :2] == 0).all() and (np.diff(short[:, 2:]) == 1).all()
    assert (np.diff(full) == 1).all()
    for starts, n in ((short[:, 2], 6), (full[:, 0], 4)):
        counts = np.bincount(starts)
        assert len(counts) == n and abs(counts / 2000 - 1 / n).max() < 0.05
    np.testing.assert_array_equal(shifted(IDS[1:2], 5, np.random.default_rng(1)), [range(5)])
    with pytest.raises(ValueError, match="at least the 5 positions of a text, got 4"):
        shifted(IDS, 4, np.random.default_rng(0))


def test_scattered_words_stand_in_order_at_any_places():
    ids = np.repeat(IDS[:2], 2000, axis=0)
    found = scattered(ids, 8, np.random.default_rng(0))
    short, full = found[:2000], found[2000:]
    assert (short[:, :2] == 0).all() and (np.diff(short[:, 2:]) > 0).all()
    assert (np.diff(full) > 0).all() and found.max() == 7
    for places, n in ((short[:, 2:], 3), (full, 5)):  # every place is taken as often
        assert abs(np.bincount(places.ravel()) / 2000 - n / 8).max() < 0.05
    np.testing.assert_array_equal(scattered(IDS[1:2], 5, np.random.default_rng(1)), [range(5)])
    with pytest.raises(ValueError, match="at least the 5 positions of a text, got 4"):
        scattered(IDS, 4, np.random.default_rng(0))


def test_who_is_shown_the_end_sees_nothing_before_it():
    decoder = made()
    np.testing.assert_allclose(
        Cut(decoder, 2).scores(np.array([[5, 4, 3, 2, 1]])),
        Trained(decoder).scores(np.array([[3, 2, 1]])),
        atol=1e-6,
    )
    np.testing.assert_allclose(Cut(decoder, 9).scores(IDS), Trained(decoder).scores(IDS))


def test_a_scattered_reader_says_the_same_each_time():
    reader = Scattered(made(), 3)
    np.testing.assert_array_equal(reader.scores(IDS), reader.scores(IDS))
    assert np.abs(reader.scores(IDS) - Scattered(reader.decoder, 4).scores(IDS)).max() > 1e-3
