"""Hosts that are written in digits."""

from __future__ import annotations

import ipaddress


def is_address(name: str) -> bool:
    """Whether it is an IP address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
