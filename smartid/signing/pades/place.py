"""Where on a page a visible signature goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from smartid.signing.pades.edge import entry, pdf_edge
from smartid.signing.request import Appearance

WIDTH, HEIGHT = 220.0, 72.0
"""Size of a visible signature without a box of its own, in points."""

_MARGIN = 24.0
_SPACING = 6.0
_MAX_ANNOTATIONS = 10_000
_MAX_ANCESTORS = 64

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A page, counted from 0, a box in its coordinates, and how far it is turned clockwise, in degrees."""

    page: int
    box: Box
    turn: int


def place_of(appearance: Appearance, writer: IncrementalPdfFileWriter) -> Place:
    """Find the page and the box.

    Without a box: the lower right corner as the reader sees it, above what is already signed visibly there.
    Raises ValueError for a page or a box that is not there, EncodingError.
    """
    with pdf_edge("PDF document", "a tree of pages"):
        count = int(writer.root["/Pages"]["/Count"])
    index = appearance.page - 1 if appearance.page > 0 else count + appearance.page
    if not appearance.page or not 0 <= index < count:
        raise ValueError(f"there is no page {appearance.page} in a document of {count}")
    with pdf_edge("PDF document", "a page with a media box"):
        page = writer.find_page_for_modification(index)[0].get_object()
        visible = _box(_inherited(page, "/CropBox") or _inherited(page, "/MediaBox"))
        turn = int(_inherited(page, "/Rotate") or 0) % 360
        taken = _signed_boxes(page)
    if appearance.box is not None:
        return Place(index, _checked(appearance.box), turn)
    return Place(index, _free(visible, turn, taken), turn)


def _inherited(page: Any, key: str) -> Any:
    for _ in range(_MAX_ANCESTORS):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            break
        page = page["/Parent"]
    return None


def _box(numbers: Any) -> Box:
    x1, y1, x2, y2 = (float(number) for number in numbers)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _signed_boxes(page: Any) -> list[Box]:
    annotations = (item.get_object() for item in islice(entry(page, "/Annots", ()), _MAX_ANNOTATIONS))
    widgets = (item for item in annotations if entry(item, "/FT", "") == "/Sig" and "/Rect" in item)
    boxes = (_box(widget["/Rect"]) for widget in widgets)
    return [box for box in boxes if box[0] < box[2] and box[1] < box[3]]


def _checked(box: Box) -> Box:
    left, bottom, right, top = box
    if not all(map(math.isfinite, box)) or left >= right or bottom >= top:
        raise ValueError("a box is left, bottom, right, top, and not empty")
    return box


def _free(page: Box, turn: int, taken: list[Box]) -> Box:
    """Move up from the corner until nothing is in the way; on a full page, stay in the corner."""
    sideways = bool(turn % 180)
    across, up = (
        (page[3] - page[1], page[2] - page[0]) if sideways else (page[2] - page[0], page[3] - page[1])
    )
    width, height = min(WIDTH, across - 2 * _MARGIN), min(HEIGHT, up - 2 * _MARGIN)
    if width <= 0 or height <= 0:
        width, height = across, up
    right = across - min(_MARGIN, (across - width) / 2)
    bottom = first = min(_MARGIN, (up - height) / 2)
    while bottom + height <= up:
        box = _turned((right - width, bottom, right, bottom + height), page, turn)
        if not any(_overlap(box, other) for other in taken):
            return box
        bottom += height + _SPACING
    return _turned((right - width, first, right, first + height), page, turn)


def _turned(seen: Box, page: Box, turn: int) -> Box:
    """Bring a box from what the reader sees into the coordinates of the page."""
    left, bottom, right, top = seen
    corners = {
        0: (page[0] + left, page[1] + bottom, page[0] + right, page[1] + top),
        90: (page[2] - top, page[1] + left, page[2] - bottom, page[1] + right),
        180: (page[2] - right, page[3] - top, page[2] - left, page[3] - bottom),
        270: (page[0] + bottom, page[3] - right, page[0] + top, page[3] - left),
    }
    return corners.get(turn, corners[0])


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
