"""What a verifier needs to believe mock cards, as a folder: anchors, one intermediate, revocation lists."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.mockcard.storage import replace_file

if TYPE_CHECKING:
    from smartid.mockcard.pki import ThrowAwayPKI

README = """\
Trust anchors of the throw-away PKI of smartid
==============================================

These certificates were made on this computer for mock cards. Their private keys protect nothing: whoever
trusts this folder trusts every card that "smartid mock" makes. Use it for trying out and for tests, never for
real people. Every certificate carries the policy {policy}.

national-root.pem   anchor of the citizens' certificates
citizen-ca.pem      their issuer, below the national root
csca.pem            country signing CA, anchor of the signature over the card's data (EF.SOD)
*.crl               revocation lists in DER; write the folder again after a revocation

لنگرهای اعتماد زیرساخت کلید دورریختنی smartid
=============================================

این گواهی‌ها روی همین رایانه برای کارت‌های ساختگی ساخته شده‌اند. کلیدهای خصوصی آن‌ها از چیزی محافظت
نمی‌کند: هر که به این پوشه اعتماد کند، به هر کارتی که «smartid mock» بسازد اعتماد کرده است. آن را تنها
برای آزمایش به کار ببرید و هرگز برای آدم‌های واقعی به کار نبرید. شناسهٔ سیاست همهٔ گواهی‌ها: {policy}

national-root.pem   لنگر گواهی‌های شهروندان
citizen-ca.pem      صادرکنندهٔ آن‌ها، زیر ریشهٔ ملی
csca.pem            مرجع امضای کشور، لنگر امضای داده‌های کارت (EF.SOD)
*.crl               فهرست‌های ابطال (DER)؛ پس از هر ابطال، پوشه را دوباره بنویسید
"""


def write_trust(pki: ThrowAwayPKI, folder: Path, *, now: datetime | None = None) -> None:
    """Write the folder, or write it again: each file is replaced in one step, others are left alone.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        f"{item.slug}.pem": item.certificate.public_bytes(serialization.Encoding.PEM)
        for item in (pki.root, pki.citizen_ca, pki.csca)
    }
    files |= {f"{slug}.crl": crl for slug, crl in pki.named_crls(now=now).items()}
    files["README.txt"] = README.format(policy=THROW_AWAY_POLICY_OID).encode()
    for name, content in files.items():
        path = folder / name
        os.close(replace_file(path, content))
        path.chmod(0o644)
