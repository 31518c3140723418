"""The documentation page of a card, written from its profile alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartid.profiles.base import (
    AccessMethod,
    Application,
    CardProfile,
    DataObjectSpec,
    FileSpec,
    KeySpec,
    PINSpec,
    StoredValueSpec,
)


def page(profile: CardProfile) -> str:
    """The page of a profile in Markdown (CommonMark with tables), ending in one line feed.

    What is unknown of a card is left out rather than guessed, so a page is as long as the profile.
    """
    sections = (
        _head(profile),
        _recognition(profile),
        *(_application(application) for application in profile.applications),
        _pins(profile),
        _keys(profile),
        _list("What cannot be done", (f"**{what}**: {why}" for what, why in profile.unsupported.items())),
        _list("What a developer must know", profile.quirks),
        _list("Sources", profile.sources),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _head(profile: CardProfile) -> str:
    lines = [
        f"# {profile.title}",
        f'<div lang="fa" dir="rtl">\n\n{profile.title_fa}\n\n</div>',
        f"Profile `{profile.name}`, country {profile.country} (ISO 3166-1 alpha-3).",
    ]
    if profile.experimental:
        lines.append(
            "**Experimental.** No official specification stands behind this page; the sources below do, and "
            "nobody has confirmed them. Expect that a real card behaves differently."
        )
    return "\n\n".join(lines)


def _recognition(profile: CardProfile) -> str:
    atrs = _table(("ATR pattern",), ((_code(pattern.text),) for pattern in profile.atrs))
    probes = ", ".join(f"{profile.application(name).title}" for name in profile.probes)
    return (
        "## How it is recognised\n\n"
        "One of these ATRs makes a card a candidate; `?` stands for any digit.\n\n"
        f"{atrs}\n\n"
        f"A SELECT decides. It must succeed for: {probes}. Nothing else is sent before that."
    )


def _application(application: Application) -> str:
    parts = [f"## {application.title}", _identifier(application)]
    if application.files:
        parts.append(
            _table(("file", "identifier", "content", "read", "write", "fetched by"), _files(application))
        )
    if application.data_objects:
        parts.append(_table(("data object", "tag", "content", "read"), _objects(application)))
    if application.stored_value:
        parts.append(_stored_value(application.stored_value))
    return "\n\n".join(parts)


def _stored_value(spec: StoredValueSpec) -> str:
    units = " and ".join(dict.fromkeys(slot.unit.name for slot in spec.slots))
    slots = f"{len(spec.slots)} slots" if len(spec.slots) > 1 else "One slot"
    limits = spec.limits
    return (
        f"Stored-value application, kind {spec.kind:02X}. {slots} in {units}. Between two uploads it pays at "
        f"most {limits.count} times, {limits.total:,} in all and {limits.per_debit:,} at once."
    )


def _identifier(application: Application) -> str:
    name = f"AID {_code(str(application.aid))}" if application.aid else "The master file, without an AID"
    under = f"; also file `{application.file_id:04X}` under the master file" if application.file_id else ""
    air = application.contactless
    opened = "" if air is AccessMethod.NONE else f" Over the air it opens with {air.name} ({air.value})."
    return f"{name}{under}.{opened}"


def _files(application: Application) -> Iterable[Sequence[str]]:
    for file in application.files:
        yield (file.name, _place(file), file.content, str(file.read), str(file.update), file.method)


def _place(file: FileSpec) -> str:
    path = "/".join(f"{step:04X}" for step in (*file.path, file.file_id))
    short = f", short {file.short_id:02X}" if file.short_id is not None else ""
    return f"{_code(path)}{short}"


def _objects(application: Application) -> Iterable[Sequence[str]]:
    for item in application.data_objects:
        yield (item.name, _tag(item), item.content, str(item.read))


def _tag(item: DataObjectSpec) -> str:
    size = f", {item.size} bytes" if item.size is not None else ""
    return f"{_code(f'{item.tag:04X}')}{size}"


def _pins(profile: CardProfile) -> str:
    pins = [pin for application in profile.applications for pin in application.pins]
    if not pins:
        return ""
    head = ("PIN", "name", "reference", "digits", "tries", "unblocked by", "change")
    return f"## PINs\n\n{_table(head, map(_pin, pins))}"


def _pin(pin: PINSpec) -> Sequence[str]:
    digits = (
        str(pin.min_length) if pin.min_length == pin.max_length else f"{pin.min_length} to {pin.max_length}"
    )
    return (
        f"{pin.title} ({_rtl(pin.title_fa)})",
        _code(pin.name),
        _code(f"{pin.reference:02X}"),
        digits,
        str(pin.tries),
        pin.unblocked_by or "the issuer",
        "yes" if pin.changeable else "not public",
    )


def _keys(profile: CardProfile) -> str:
    keys = [key for application in profile.applications for key in application.keys]
    if not keys:
        return ""
    head = ("key", "for", "type", "reference", "algorithms", "guarded by", "procedure")
    return f"## Keys\n\n{_table(head, map(_key, keys))}"


def _key(key: KeySpec) -> Sequence[str]:
    title = f"{key.title} ({_rtl(key.title_fa)})"
    if not key.algorithms and key.decipher_ref is None:
        # A certificate shows that the key exists; how it is used is not known.
        return (title, key.purpose, key.type, *("not public",) * 4)
    guard = f"the {key.pin} PIN" if key.pin else "no PIN"
    return (
        title,
        key.purpose,
        key.type,
        _code(f"{key.reference:02X}"),
        ", ".join(key.algorithms) or "deciphers",
        f"{guard}, before each use" if key.pin_each_use else guard,
        key.signing,
    )


def _list(title: str, lines: Iterable[str]) -> str:
    items = "\n".join(f"- {line}" for line in lines)
    return f"## {title}\n\n{items}" if items else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _rtl(text: str) -> str:
    """Persian inside an English line, isolated so that the line keeps its order."""
    return f"<bdi>{text}</bdi>"
