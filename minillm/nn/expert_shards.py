"""Experts spread over several machines, which send each other tokens.

Letters: N tokens, D width, E experts, M machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.nn.experts import Experts, returned, rows_of_experts
from minillm.nn.initialization import check_integers
from minillm.nn.module import Module
from minillm.nn.routing import note
from minillm.ops import concatenate, split

T = TypeVar("T")
Parcel = list[Tensor]  # the tokens for each expert of one machine, or what these made of them


class ExpertShards(Module):
    """A layer of experts as M machines compute it: N/M tokens and E/M experts live on each::

        machine m:   routes its tokens, and sends each to the machines of its experts
                     runs its experts on what it was sent, and sends the answers back
                     adds what comes back, times the gates

    Shapes: ``x (..., D) -> (..., D)``, as the layer itself, and the same numbers: an expert gets
    the same tokens in the same order.  The router is on every machine, an expert on one.  Places
    are counted within a machine, and so the layer's ``groups`` are the machines' or more.

    The machines stand in one process here, and ``all_to_all`` is the only way between them.
    ``sent`` is how many numbers the last forward pass sent from one machine to another.

    Raises:
        TypeError: ``layer`` is not one of experts.
        ValueError: E experts, or the groups of a layer with a capacity, cannot be shared equally.
            When called: N tokens cannot.
    Source: Lepikhin et al. 2021, "GShard: Scaling Giant Models with Conditional Computation and
        Automatic Sharding", arXiv:2006.16668, section 3.1.
    Guide: 7.3.2 (G63).
    """

    def __init__(self, layer: Experts, machines: int):
        if not isinstance(layer, Experts):
            raise TypeError(f"ExpertShards: needs a layer of Experts, got {type(layer).__name__}")
        check_integers("ExpertShards", machines=machines)
        n, groups = len(layer.experts), layer.groups
        bounded = layer.capacity_factor is not None
        if machines < 1 or n % machines or (bounded and groups % machines):
            raise ValueError(
                f"ExpertShards: {n} experts and {groups} groups cannot be shared equally by "
                f"{machines} machines"
            )
        self.layer, self.machines, self.sent = layer, machines, 0

    def forward(self, x: Tensor) -> Tensor:
        """What the layer gives, worked out by all machines."""
        tokens = x.reshape(-1, x.shape[-1])
        if len(tokens.data) % self.machines:
            raise ValueError(
                f"ExpertShards: {len(tokens.data)} tokens do not split into {self.machines} equal "
                "parts"
            )
        own = split(tokens, sizes=[len(tokens.data) // self.machines] * self.machines)
        per_machine = self.layer.groups // self.machines or 1
        routings = [self.layer.routed(part, per_machine) for part in own]
        parcels = []
        for part, routing in zip(own, routings, strict=True):
            note(routing)
            rows = rows_of_experts(routing)
            parcels.append(by_machine([part[moved_like(r, x.data)] for r in rows], self.machines))
        inbox = all_to_all(parcels)
        answers = [self.answered(machine, inbox[machine]) for machine in range(self.machines)]
        back = all_to_all(answers)
        self.sent = crossing(parcels) + crossing(answers)
        whole = [
            returned([answer for parcel in received for answer in parcel], routing)
            for received, routing in zip(back, routings, strict=True)
        ]
        return concatenate(*whole, axis=0).reshape(*x.shape)

    def answered(self, machine: int, parcels: Sequence[Parcel]) -> list[Parcel]:
        """What this machine's experts make of the parcels of all, one parcel back to each."""
        here = by_machine(self.layer.experts, self.machines)[machine]
        back: list[Parcel] = [[] for _ in parcels]
        for i, expert in enumerate(here):
            sizes = [len(parcel[i].data) for parcel in parcels]
            answer = expert(concatenate(*[parcel[i] for parcel in parcels], axis=0))
            for parcel, piece in zip(back, split(answer, sizes=sizes), strict=True):
                parcel.append(piece)
        return back


def by_machine(items: Sequence[T], machines: int) -> list[list[T]]:
    """Equal parts of what belongs to the experts, one part for each machine."""
    each = len(items) // machines
    return [list(items[m * each : (m + 1) * each]) for m in range(machines)]


def all_to_all(outbox: Sequence[Sequence[T]]) -> list[list[T]]:
    """What machine i has for machine j, handed over: ``inbox[j][i] = outbox[i][j]``."""
    return [list(parcels) for parcels in zip(*outbox, strict=True)]


def crossing(outbox: Sequence[Sequence[Parcel]]) -> int:
    """How many numbers leave the machine that they are on."""
    return sum(
        tokens.size
        for i, parcels in enumerate(outbox)
        for j, parcel in enumerate(parcels)
        if i != j
        for tokens in parcel
    )
