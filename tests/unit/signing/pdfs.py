"""PDF documents put together here, byte by byte, so that no library is its own witness."""

from __future__ import annotations

PAGE = "/MediaBox [0 0 595 842]"


def make_pdf(*pages: str, text: str = "A contract.") -> bytes:
    """Write a PDF 1.7 with a cross-reference table. ``pages`` are the entries of each page dictionary."""
    pages = pages or (PAGE,)
    content = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode()
    kids = " ".join(f"{4 + number} 0 R" for number in range(len(pages)))
    body = f"/Type /Page /Parent 2 0 R /Contents {4 + len(pages)} 0 R /Resources << /Font << /F1 3 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *(f"<< {body} {page} >>".encode() for page in pages),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R /ID [<00> <00>] >>\nstartxref\n%d\n%%%%EOF\n"
    return out + trailer % (count, table, count, len(out))


def append_revision(pdf: bytes, number: int, item: bytes) -> bytes:
    """Replace one object in an incremental update (ISO 32000-1:2008, 7.5.6)."""
    last = int(pdf.rsplit(b"startxref", 1)[1].split()[0])
    offset = len(pdf)
    out = pdf + b"%d 0 obj\n%s\nendobj\n" % (number, item)
    size = max(int(part.split()[0]) for part in pdf.split(b"/Size ")[1:])
    trailer = (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    )
    return out + trailer % (number, offset, size, last, len(out))
