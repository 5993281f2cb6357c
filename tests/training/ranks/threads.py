"""Ranks that are threads of this process: what they tell each other goes through a list."""

import threading

import numpy as np

from minillm.training import DivergenceError
from minillm.training.ranks.agreement import RanksError


class World:
    """What the threads share: a place for each, and a barrier."""

    def __init__(self, size, timeout=20):
        self.size, self.places = size, [None] * size
        self.barrier = threading.Barrier(size, timeout=timeout)
        self.aborted, self.sums = None, 0

    def exchange(self, rank, value):
        self.places[rank] = value
        self.barrier.wait()
        everything = list(self.places)
        self.barrier.wait()
        return everything


class ThreadRanks:
    """As ``Ranks`` wants them; the sum is taken in the order of the ranks, so all have its bits."""

    def __init__(self, world, rank):
        self.world, self.rank, self.size, self.met = world, rank, world.size, False
        self.lengths = []

    def total(self, flat):
        assert flat.flags.c_contiguous
        self.lengths.append(len(flat))
        flat[...] = np.sum(self.world.exchange(self.rank, flat.copy()), axis=0)

    def gather(self, value):
        return self.world.exchange(self.rank, value)

    def abort(self, code):
        self.world.aborted = code
        self.world.barrier.abort()

    def leave(self):
        self.gather(None)


def in_ranks(size, work):
    """What ``work(ranks)`` gives on each rank, or the error that it ends with."""
    world, found = World(size), [None] * size

    def run(rank):
        try:
            found[rank] = work(ThreadRanks(world, rank))
        except threading.BrokenBarrierError as error:
            found[rank] = error
        except (RanksError, DivergenceError) as error:  # everybody's
            found[rank] = error
        except Exception as error:
            found[rank] = error
            world.barrier.abort()

    threads = [threading.Thread(target=run, args=[rank]) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def all_done(found):
    """The results, once no rank has failed."""
    for one in found:
        if isinstance(one, Exception) and not isinstance(one, threading.BrokenBarrierError):
            raise one
    assert not any(isinstance(one, Exception) for one in found), found
    return found
