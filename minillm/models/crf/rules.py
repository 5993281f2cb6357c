"""The score of one path and of all together, each with its gradient."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, check_ids, on_host, where_or_0
from minillm.models.crf.recursions import beliefs, check_field, forward_scores, log_total


@op
def log_partition(emissions: Array, transitions: Array, /, *, mask: Array) -> tuple[Array, VJP]:
    """The logarithm of the sum over all paths; its gradient is what the model believes::

        ln Z = ln sum over all y of exp s(y)                     s(y): see ``path_score``
        d ln Z / d e_t(j) = p(y_t = j),    d ln Z / d A_ij = sum_t p(y_{t-1} = i, y_t = j)

    For the slope of ln Z along a score is how often a path is expected to have what it is for.

    Shapes: ``emissions (B, T, K), transitions (K + 1, K + 1), mask (B, T) -> (B,)``; the last row
    of transitions is for starts, the last column for ends.  -inf forbids a step.  A sentence
    of which every path is forbidden has the sum -inf and no gradient: NaN.

    Raises:
        ValueError, TypeError: as ``check_field``.
    Source: Lafferty, McCallum & Pereira 2001, "Conditional Random Fields: Probabilistic Models
        for Segmenting and Labeling Sequence Data", section 3.
    Guide: 6.4 (G39).
    """
    check_field(emissions, transitions, mask)
    forward = forward_scores(emissions, transitions, mask)

    def vjp(g: Array) -> tuple[Array, Array]:
        of_tags, of_steps = beliefs(emissions, transitions, mask, forward)
        return g[:, None, None] * of_tags, (g[:, None, None] * of_steps).sum(axis=0)

    return log_total(forward, transitions), vjp


@op
def path_score(
    emissions: Array, transitions: Array, /, *, tags: Array, mask: Array
) -> tuple[Array, VJP]:
    """The score of one path in each sentence::

        s(y) = sum_{t=1..T} e_t(y_t) + sum_{t=0..T} A_{y_t, y_{t+1}}      y_0, y_{T+1}: the ends
        ds / d e_t(j) = 1 if y_t = j, else 0,       ds / d A_ij = how often j follows i in y

    Shapes: as ``log_partition``, with ``tags (B, T)``; those at padding are not looked at.

    Raises:
        ValueError, TypeError: as ``check_field``; tags of another shape.
        IndexError: a tag that does not exist.
    Source: Lample et al. 2016, "Neural Architectures for Named Entity Recognition",
        arXiv:1603.01360, section 2.2.
    Guide: 6.4 (G39).
    """
    check_field(emissions, transitions, mask)
    xp, n_tags = array_module(emissions, tags), emissions.shape[2]
    if tags.shape != mask.shape:
        raise ValueError(f"path_score: tags {tags.shape} must be (B, T), {mask.shape}")
    y = xp.where(mask, tags, n_tags)  # the number of the ends
    y = check_ids(y, n_tags + 1, name="tag", of="a table") if on_host(y) else y
    end = xp.full_like(y[:, :1], n_tags)
    walk = xp.concatenate([end, y, end], axis=1)
    step = walk[:, :-1], walk[:, 1:]
    taken = xp.concatenate([end == n_tags, mask], axis=1)  # one step more than there are words
    said = y[:, :, None] == xp.arange(n_tags)
    of_words = where_or_0(said, emissions).sum(axis=(1, 2))
    of_steps = where_or_0(taken, transitions[step]).sum(axis=1)

    def vjp(g: Array) -> tuple[Array, Array]:
        of_transitions = xp.zeros_like(transitions)
        xp.add.at(of_transitions, step, where_or_0(taken, xp.broadcast_to(g[:, None], taken.shape)))
        return said * g[:, None, None], of_transitions

    return of_words + of_steps, vjp
