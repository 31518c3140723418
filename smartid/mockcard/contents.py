"""Which builder makes which content: the registry behind personalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from smartid.mockcard import card_data, travel_document
from smartid.mockcard.certificate_files import certificate_file
from smartid.mockcard.draft import Draft
from smartid.mockcard.pkcs15 import directory_file
from smartid.profiles.base import Content, DataObjectSpec, FileSpec

Spec = FileSpec | DataObjectSpec
Builder = Callable[[Draft], bytes]


def _directory(content: Content, draft: Draft) -> bytes:
    return directory_file(draft.profile, content, serial=draft.serial)


BUILDERS: Mapping[Content, Builder] = {
    Content.EF_COM: travel_document.ef_com,
    Content.DG1: travel_document.dg1,
    Content.DG2: travel_document.dg2,
    Content.DG11: travel_document.dg11,
    Content.DG11_FATHER: travel_document.dg11,
    Content.DG12: travel_document.dg12,
    Content.DG13: travel_document.dg13,
    Content.DG14: travel_document.dg14,
    Content.DG15: travel_document.dg15,
    Content.EF_SOD: travel_document.ef_sod,
    Content.EF_DIR: partial(_directory, Content.EF_DIR),
    Content.EF_ODF: partial(_directory, Content.EF_ODF),
    Content.EF_TOKEN_INFO: partial(_directory, Content.EF_TOKEN_INFO),
    Content.EF_AODF: partial(_directory, Content.EF_AODF),
    Content.EF_PRKDF: partial(_directory, Content.EF_PRKDF),
    Content.EF_CDF: partial(_directory, Content.EF_CDF),
    Content.CPLC: card_data.cplc,
    Content.IRAN_CRN: card_data.registration_number,
    Content.IRAN_DATES: card_data.dates,
    Content.APPLET_INFO: card_data.applet_info,
    Content.CARD_CAPABILITIES: card_data.card_capabilities,
}
"""Every content that follows from the profile and the holder; certificates depend on their file too."""


def build(draft: Draft, spec: Spec) -> bytes:
    """The content of one file or data object.

    Raises ValueError for opaque bytes, which nobody but the caller can know.
    """
    if isinstance(spec, FileSpec) and spec.content is Content.CERTIFICATE:
        return certificate_file(draft, spec)
    if spec.content not in BUILDERS:
        raise ValueError(f"nothing is known of the content of {spec.name}: give it in contents")
    return BUILDERS[spec.content](draft)
