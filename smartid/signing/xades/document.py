"""XML from strangers: parsed without entities, external files or network, and brought to canonical form.

Canonical XML 1.0 and 1.1 and Exclusive XML Canonicalization 1.0 are those of libxml2, through lxml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from smartid.errors import EncodingError, ExtraMissing
from smartid.signing.xades.names import EXCLUSIVE, ds

MAX_LENGTH = 32 << 20
"""Longest XML document that is read, in bytes."""
MAX_CANONICAL = 256 << 20
"""Most bytes that are canonicalised for one document, all its signatures together."""

STANDARD = "XML 1.0, fifth edition (2008)"

_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_UTF_8 = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
_INHERITED = re.compile(r"\{http://www\.w3\.org/XML/1998/namespace\}(\w+)")
_ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")


@dataclass(frozen=True, slots=True)
class Canonicalization:
    """A canonical form.

    exclusive  leave out namespaces that are inherited and not used
    comments   keep comments
    inherited  attributes of the namespace xml that a part takes over from the elements around it
    prefixes   namespaces that the exclusive form treats as the inclusive one does
    """

    exclusive: bool
    comments: bool = False
    inherited: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()


_V10 = frozenset({"lang", "space", "base", "id"})
_V11 = frozenset({"lang", "space"})
CANONICALIZATIONS = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": Canonicalization(exclusive=False, inherited=_V10),
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": Canonicalization(
        exclusive=False, comments=True, inherited=_V10
    ),
    "http://www.w3.org/2006/12/xml-c14n11": Canonicalization(exclusive=False, inherited=_V11),
    "http://www.w3.org/2006/12/xml-c14n11#WithComments": Canonicalization(
        exclusive=False, comments=True, inherited=_V11
    ),
    EXCLUSIVE: Canonicalization(exclusive=True),
    f"{EXCLUSIVE}WithComments": Canonicalization(exclusive=True, comments=True),
}
"""Canonical forms by their identifiers. Of version 1.1, xml:base from around a part is not joined."""

DEFAULT_CANONICALIZATION = Canonicalization(exclusive=False, inherited=_V10)
"""What XML Signature 1.1, 4.4.3.2, takes where none is named."""


def lxml_etree() -> Any:
    """Give ``lxml.etree``. Raises ExtraMissing."""
    try:
        from lxml import etree  # noqa: PLC0415 - the extra "xml"
    except ImportError as error:
        raise ExtraMissing("xml", "An XML signature") from error
    return etree


def parse_xml(data: bytes, what: str = "XML document") -> Any:
    """Read a document in UTF-8 and give its root element.

    Document type declarations are refused, and with them every entity. libxml2 bounds depth (256) and the
    length of one text (10 MB). Raises EncodingError, ExtraMissing.
    """
    if len(data) > MAX_LENGTH:
        raise _broken(what, f"at most {MAX_LENGTH} bytes")
    declared = _DECLARED.match(data)
    if (declared and declared[1].lower() not in _UTF_8) or b"\x00" in data:
        raise _broken(what, "XML in UTF-8")
    if _DOCTYPE.match(data):
        raise _broken(what, "no document type declaration")
    root = _parsed(data, what)
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise _broken(what, "no document type declaration")
    return root


def _parsed(data: bytes, what: str) -> Any:
    etree = lxml_etree()
    parser = etree.XMLParser(
        encoding="UTF-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _broken(what, "well-formed XML") from error


def serialize(node: Any) -> bytes:
    """Write an element, or a tree with what stands around its root, as it is."""
    written: bytes = lxml_etree().tostring(node, encoding="UTF-8", with_tail=False)
    return written


def remove(element: Any) -> None:
    """Take an element out of its parent and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail:
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


@dataclass(slots=True)
class XMLDocument:
    """A parsed document whose parts are looked up and canonicalised under one limit."""

    root: Any
    _spent: int = 0
    _ids: dict[str, list[Any]] | None = None

    @classmethod
    def parse(cls, data: bytes, what: str = "XML document") -> XMLDocument:
        """Read a document. Raises EncodingError, ExtraMissing."""
        return cls(parse_xml(data, what))

    @property
    def signatures(self) -> list[Any]:
        """The signatures that are not inside of another one, in document order."""
        name = ds("Signature")
        return [item for item in self.root.iter(name) if next(item.iterancestors(name), None) is None]

    def by_id(self, value: str) -> list[Any]:
        """Give the elements that have this Id, under any of the spellings in use."""
        if self._ids is None:
            self._ids = _ids_of(self.root)
        return self._ids.get(value, [])

    def canonical(
        self, node: Any, form: Canonicalization, *, whole: bool = False, without: tuple[Any, ...] = ()
    ) -> bytes:
        """Bring an element to canonical form, or with ``whole`` the document around it.

        without  signatures inside of it that are left out

        Raises EncodingError.
        """
        octets = serialize(self.root.getroottree() if whole else node)
        self._spend(len(octets))
        copy = _parsed(octets, "XML document")
        inside = list(node.iter(ds("Signature")))
        copies = list(copy.iter(ds("Signature")))
        for signature in without:
            remove(copies[inside.index(signature)])
        if not whole:
            _inherit(node, copy, form.inherited)
        return _canonical(copy.getroottree() if whole else copy, form)

    def _spend(self, size: int) -> None:
        self._spent += size
        if self._spent > MAX_CANONICAL:
            raise _broken("XML signature", f"references to at most {MAX_CANONICAL} bytes in all")


def _ids_of(root: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for element in root.iter("*"):
        for value in {element.attrib[name] for name in _ID_NAMES if name in element.attrib}:
            found.setdefault(value, []).append(element)
    return found


def _inherit(node: Any, copy: Any, names: frozenset[str]) -> None:
    """Give a copy the attributes of the namespace xml that its original inherits."""
    for outer in node.iterancestors():
        for name, value in outer.attrib.items():
            found = _INHERITED.fullmatch(name)
            if found and found[1] in names and name not in copy.attrib:
                copy.set(name, value)


def _canonical(node: Any, form: Canonicalization) -> bytes:
    etree = lxml_etree()
    try:
        octets: bytes = etree.tostring(
            node,
            method="c14n",
            exclusive=form.exclusive,
            with_comments=form.comments,
            inclusive_ns_prefixes=list(form.prefixes) or None,
        )
    except (etree.LxmlError, ValueError) as error:
        raise _broken("XML signature", "XML that has a canonical form") from error
    return octets


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)
