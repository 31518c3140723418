"""What every far side and its client stand on: server, process, link, faults."""

from __future__ import annotations

from smartid.services.far_side.faults import Fault, Order, Switchboard
from smartid.services.far_side.link import Link
from smartid.services.far_side.process import FarSide
from smartid.services.far_side.server import Arguments, Handler, serve, start

__all__ = ["Arguments", "FarSide", "Fault", "Handler", "Link", "Order", "Switchboard", "serve", "start"]
