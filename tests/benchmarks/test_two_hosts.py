"""Two hosts of one machine: what makes them, what was measured between them."""

import pytest

from minillm.commands import bench_ranks
from tests.benchmarks import hosts, two_hosts
from tests.benchmarks.delay_line import Cable

needs_hosts = pytest.mark.skipif(
    bool(hosts.missing() or bench_ranks.missing()),
    reason=f"{hosts.missing() or bench_ranks.missing()}",
)


def test_a_cable_gives_each_packet_to_the_other_end_in_order_once_its_time_has_passed():
    cable = Cable(2.0)
    assert cable.due() is None and not [*cable.leaving(9.0)]
    cable.take(0, b"a", 10.0)
    cable.take(0, b"b", 11.0)
    cable.take(1, b"c", 11.5)
    assert cable.due() == 12.0 and not [*cable.leaving(11.9)]
    assert [*cable.leaving(12.0)] == [(1, b"a")]
    assert cable.due() == 13.0
    assert [*cable.leaving(20.0)] == [(0, b"c"), (1, b"b")]
    assert cable.due() is None


def test_without_root_or_tools_nothing_is_made_and_it_says_what_lacks(monkeypatch, tmp_path):
    monkeypatch.setattr(two_hosts, "RESULTS", tmp_path / "two_hosts.json")
    monkeypatch.setattr(two_hosts, "everything", lambda: {"made": True})
    monkeypatch.setattr(hosts.sys, "platform", "linux")
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(SystemExit, match="two_hosts: namespaces and links need root"):
        two_hosts.main([])
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(hosts.shutil, "which", lambda name: None if name == "sshd" else name)
    with pytest.raises(SystemExit, match=r"not installed: sshd \(iproute2, .*openssh-server\)"):
        two_hosts.main([])
    monkeypatch.setattr(hosts.sys, "platform", "darwin")
    with pytest.raises(SystemExit, match="namespaces of Linux"):
        two_hosts.main([])
    assert not [*tmp_path.iterdir()]


def test_what_is_stored_is_of_these_settings_and_was_sent_over_the_link():
    found = two_hosts.stored()
    links = [(each["rate"], each["delay"]) for each in found["links"]]
    assert links == [(each.rate, each.delay) for each in two_hosts.LINKS]
    assert found["rounds"] == two_hosts.ROUNDS
    for link in found["links"]:
        assert [*link["sending"]] == [*two_hosts.SENDING] and [*link["steps"]] == [*two_hosts.STEPS]
        for of in link["sending"].values():
            assert [*map(int, of["sums"])] == [*two_hosts.BUFFERS]
            assert of["wire"]["latency"] > link["delay"]
            assert of["wire"]["bandwidth"] < 1.05 * link["rate"] / 8  # the shaping was in force
    equal = found["equal"]
    once = 4 * equal["parameters"] * equal["updates"]  # float32; each host sends half of that twice
    assert 2 * once < equal["carried"] < 2.5 * once
    assert found["killed"]["code"] != 0 and not found["killed"]["hosts where a rank is left"]


@pytest.mark.slow  # two hosts, three trainings
@needs_hosts
def test_the_ranks_of_two_hosts_train_what_one_process_trains_and_none_is_left(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(two_hosts, "UPDATES", 20)
    with hosts.two_hosts() as both:
        found = two_hosts.trained(both, tmp_path)
        assert found["updates"] == 20 and found["loss"] < 1e-5 and found["weights"] < 1e-3
        assert found["carried"] > 8 * 20 * found["parameters"]
        ended = two_hosts.killed(both, tmp_path)
        assert ended["code"] != 0 and ended["hosts where a rank is left"] == 0
    for each in both:
        with pytest.raises(RuntimeError, match="nsenter"):
            each.run("true")


@pytest.mark.slow  # starts Python in two hosts
@needs_hosts
def test_ranks_meet_over_a_link_with_a_delay(monkeypatch):
    monkeypatch.setattr(two_hosts, "ROUNDS", 1)
    with hosts.two_hosts() as both, hosts.linked(both, hosts.Shape(1e9, 0.001)):
        assert [*two_hosts.asked(both, "sums", [4_000_000])] == ["4000000"]
        assert both[0].carried() > 2 * 2 * 4_000_000  # both sums, both ways
