"""Ports for what the lab starts."""

import socket

import pytest

from labkit import loopback


def test_free_ports_are_free_different_and_not_what_the_system_hands_out() -> None:
    ports = loopback.free_ports(3)
    assert len(set(ports)) == 3
    assert max(*ports, *loopback.PORTS) < 32_768
    for each in ports:
        socket.create_server((loopback.HOST, each)).close()


def test_a_port_in_use_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    free, taken = loopback.free_ports(2)
    monkeypatch.setattr(loopback, "in_any_order", lambda: [taken, free])
    with socket.create_server((loopback.HOST, taken)):
        assert loopback.free_ports(1) == [free]
