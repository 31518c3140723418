"""Rules as dated files: which numbers hold on which day, and who says so."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from smartid.errors import EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.spine.limits import Limit, Rule
from smartid.services.spine.periods import Period
from smartid.services.spine.values import Assurance

MAX_LENGTH = 1 << 20
"""Longest policy file, in bytes."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_STANDARD = "smartid policy file 1"
_COMMON = {"from", "source", "sources", "limits"}
_LIMIT_MEMBERS = {"name", "rule", "maximum", "period", "verbs", "assurance", "stale", "source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyData:
    """The part of a policy file that holds on a day.

    name     of the policy: "fuel-ir"
    version  first day on which this part holds: "2025-12-13"
    source   who says so
    values   the rules of the service
    limits   those of the list ``limits``; without a source of their own they have that of the part
    """

    name: str
    version: str
    source: str
    values: Mapping[str, Any]
    limits: tuple[Limit, ...] = ()

    @property
    def label(self) -> str:
        """Name and version, as ``Terms.policy`` has them."""
        return f"{self.name} {self.version}"


def load_policy(name: str | Path, on: date) -> PolicyData:
    """Give what a policy says on a day.

    name  of a policy that comes with smartid ("entry-sample"), or a path to a TOML or JSON file:
          ``name`` and a list ``version`` of tables, each with ``from`` (a day), ``source`` or
          ``sources``, ``limits``, and rules

    Raises Refused (policy_unknown) when there is none of this name or it says nothing about that day,
    EncodingError.
    """
    parts = all_versions(name)
    found = [part for part in parts if date.fromisoformat(part.version) <= on]
    if not found:
        raise Refused(f"The policy {parts[0].name} says nothing about {on}.", reason=Reason.POLICY_UNKNOWN)
    return found[-1]


def all_versions(name: str | Path) -> list[PolicyData]:
    """Give all parts of a policy, oldest first. Raises as ``load_policy``."""
    data, as_json = _read(name)
    try:
        whole = json.loads(data) if as_json else tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise _broken("TOML or JSON in UTF-8") from error
    title, versions = (whole.get("name"), whole.get("version")) if isinstance(whole, dict) else (None, None)
    if (
        not isinstance(title, str)
        or not _NAME.fullmatch(title)
        or not isinstance(versions, list)
        or not versions
    ):
        raise _broken("a name, and a list of versions")
    parts = [_part(title, part) for part in versions]
    days = [part.version for part in parts]
    if days != sorted(set(days)):
        raise _broken("versions in the order of their days")
    return parts


def _read(name: str | Path) -> tuple[bytes, bool]:
    path = Path(name)
    place = path if isinstance(name, Path) or path.suffix else None
    try:
        if place is None:
            if not _NAME.fullmatch(str(name)):
                raise _unknown(str(name))
            data = (resources.files("smartid.services") / "policies" / f"{name}.toml").read_bytes()
        else:
            data = place.read_bytes()
    except OSError as error:
        raise _unknown(str(name)) from error
    if len(data) > MAX_LENGTH:
        raise _broken(f"at most {MAX_LENGTH} bytes")
    return data, path.suffix == ".json"


def _part(name: str, part: object) -> PolicyData:
    if not isinstance(part, dict) or not isinstance(part.get("limits", []), list):
        raise _broken("a table for each version, and in it a list of limits")
    source = _source(part)
    rest = {key: value for key, value in part.items() if key not in _COMMON}
    return PolicyData(
        name=name,
        version=_day(part.get("from")).isoformat(),
        source=source,
        values=rest,
        limits=tuple(_limit(item, source) for item in part.get("limits", [])),
    )


def _source(part: Mapping[str, Any]) -> str:
    """Read ``source``, one text, or ``sources``, a list of them."""
    sources = part["sources"] if "sources" in part else [part.get("source")]
    if not isinstance(sources, list) or not sources:
        raise _broken("a source for each version")
    if not all(isinstance(text, str) and text for text in sources):
        raise _broken("a source for each version")
    return "; ".join(sources)


def _day(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _broken("a day, as 2025-12-13") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _broken("a day, as 2025-12-13")
    return value


def _limit(item: object, source: str) -> Limit:
    if not isinstance(item, dict) or not item.keys() <= _LIMIT_MEMBERS:
        raise _broken("limits of name, rule, maximum, period, verbs, assurance, stale and source")
    maximum, verbs = item.get("maximum"), item.get("verbs", [])
    if type(maximum) is not int or maximum < 0 or not isinstance(item.get("name"), str):
        raise _broken("a name and a whole number as maximum of a limit")
    if not isinstance(verbs, list) or not all(isinstance(verb, str) for verb in verbs):
        raise _broken("a list of verbs")
    try:
        return Limit(
            name=item["name"],
            rule=Rule(str(item.get("rule"))),
            maximum=maximum,
            period=Period(item.get("period", "day")),
            verbs=tuple(verbs),
            assurance=Assurance(item["assurance"]) if "assurance" in item else None,
            stale=item.get("stale") is True,
            source=str(item.get("source", source)),
        )
    except ValueError as error:
        raise _broken("a rule, a period and an assurance that are known") from error


def _unknown(name: str) -> Refused:
    return Refused(f"There is no policy {name[:100]!r}.", reason=Reason.POLICY_UNKNOWN)


def _broken(expected: str) -> EncodingError:
    return EncodingError("policy file", offset=0, expected=expected, standard=_STANDARD)
