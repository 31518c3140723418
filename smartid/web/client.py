"""Who is at the other end of a request, as far as the site's own proxies can be believed."""

from __future__ import annotations

import logging
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from smartid.web.http import Request

_LOG = logging.getLogger("smartid.web")
_IPV6_SITE = 64
"""Bits of an IPv6 address that name the network of one subscriber."""
_MAX_HOPS = 32


class Clients:
    """Tells the address that rate limits count by.

    trusted_proxies  addresses or networks ("10.0.0.0/8") of the site's own reverse proxies. From them, and
                     with at least one also from a server on a Unix socket, X-Forwarded-For is believed: from
                     its right end up to the first address that is none of them.

    A proxy of the site's own network that nobody named makes all visitors one, whose limits a single stranger
    can use up for everybody. The log says so once.

    Raises ValueError for a text that is neither address nor network.
    """

    def __init__(self, trusted_proxies: Collection[str] = ()) -> None:
        self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, trusted_proxies))
        self._warned = False

    def address(self, request: Request) -> str:
        """Give the address, of IPv6 the first 64 bits; empty when it is not known."""
        hops = request.headers.get("x-forwarded-for", "").split(",")[-_MAX_HOPS:]
        address = request.client
        while hops and self._is_trusted(address):
            address = hops.pop().strip()
        if address == request.client and any(hops) and not self._warned:
            self._warn_of(address)
        return _network(address)

    def _warn_of(self, address: str) -> None:
        """Strangers may send the header too; what comes from the site's own network is a proxy."""
        parsed = _parsed(address)
        if parsed is not None and (parsed.is_loopback or parsed.is_private):
            self._warned = True
            _LOG.warning("X-Forwarded-For comes from %s, which is not among trusted_proxies", parsed)

    def _is_trusted(self, address: str) -> bool:
        if not address:
            return bool(self._trusted)
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


def _network(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), _IPV6_SITE), strict=False))
    return str(parsed or "")


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Read an address; a server that listens for both kinds names those of IPv4 as ``::ffff:192.0.2.1``."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
