"""A folder that one process writes: others are refused while it lives, and none when it is gone."""

import errno
import os
import platform

import pytest

from minillm.backend import locks
from minillm.backend.locks import LOCK, free, freed_after, hold
from tests.backend.holder import another


def test_another_process_is_named_until_it_is_killed(tmp_path):
    out = tmp_path / "run"
    with another(out) as process:
        assert process.told == b"held\n"
        with pytest.raises(BlockingIOError) as refused:
            hold(out)
        assert f"{out}: another process, pid {process.pid} on " in str(refused.value)
    assert (out / LOCK).exists()  # it could not tidy up
    lock = hold(out)
    assert (out / LOCK).read_text().startswith(f"pid {os.getpid()} on ")
    lock.release()
    assert not (out / LOCK).exists()


def test_a_process_that_ends_leaves_nothing(tmp_path):
    out = tmp_path / "new" / "run"
    with another(out) as process:
        process.stdin.close()
        assert process.wait() == 0
    assert not out.exists()


def test_within_a_process_all_share_the_lock_to_the_last_of_them(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    locks_of_all = [hold(tmp_path), hold(tmp_path / "link")]
    assert locks_of_all[0] is locks_of_all[1]
    locks_of_all.pop()
    with another(tmp_path) as process:
        assert process.told == b"" and b"BlockingIOError" in process.stderr.read()
    locks_of_all.clear()
    assert not (tmp_path / LOCK).exists()


def test_a_forked_process_does_not_free_the_lock_of_its_parent(tmp_path):
    lock = hold(tmp_path)
    copy = os.open(tmp_path / LOCK, os.O_RDWR)
    free(tmp_path, copy, os.getpid() + 1, False)
    assert (tmp_path / LOCK).exists()
    lock.release()


def test_a_lock_that_its_holder_removed_meanwhile_is_not_taken_for_the_new_one(
    tmp_path, monkeypatch
):
    lock_now = locks.lock_now
    removed = []

    def late(descriptor):
        if not removed:
            removed.append((tmp_path / LOCK).unlink())
        lock_now(descriptor)

    monkeypatch.setattr(locks, "lock_now", late)
    lock = hold(tmp_path)
    with another(tmp_path) as process:
        assert process.told == b"" and b"BlockingIOError" in process.stderr.read()
    lock.release()


def test_a_longer_name_of_before_is_gone(tmp_path):
    (tmp_path / LOCK).write_text("pid 1 on a machine with a " + 99 * "long " + "name")
    lock = hold(tmp_path)
    assert (tmp_path / LOCK).read_text() == f"pid {os.getpid()} on {platform.node()}"
    lock.release()


def test_what_was_released_is_locked_anew(tmp_path):
    released = hold(tmp_path)
    released.release()
    lock = hold(tmp_path)
    assert lock is not released
    assert (tmp_path / LOCK).exists()
    lock.release()


def test_an_error_frees_what_was_locked_since_and_nothing_else(tmp_path):
    before = hold(tmp_path / "before")
    with pytest.raises(MemoryError), freed_after():
        since = hold(tmp_path / "since")  # which the error's traceback may keep
        raise MemoryError
    assert not since.release.alive and before.release.alive
    assert [p.name for p in tmp_path.iterdir()] == ["before"]
    assert (tmp_path / "before" / LOCK).exists()
    before.release()


def test_a_file_system_without_locks_goes_on(tmp_path, monkeypatch):
    def unable(_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "lock_now", unable)
    hold(tmp_path).release()
    assert not (tmp_path / LOCK).exists()


def test_a_lock_without_a_name_is_refused_without_one(tmp_path):
    with another(tmp_path):
        (tmp_path / LOCK).write_text("")
        with pytest.raises(BlockingIOError, match="another process writes here"):
            hold(tmp_path)
