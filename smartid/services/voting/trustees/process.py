"""A trustee as a process of its own: ``python -m smartid.services.voting.trustees.process FOLDER``.

Questions come as lines of JSON on standard input, answers go as lines of JSON to standard output. Secrets
stay in FOLDER; a passphrase is read from the descriptor given with ``--passphrase-fd N``::

    {"do": "key", "group": name}                                     {"done": {...}}  public part of a key
    {"do": "certificate", "group", "size", "threshold", "index"}     {"done": {...}}
    {"do": "polynomial", "certificates": [...]}                      {"done": {...}}
    {"do": "receive", "certificates": [...], "polynomials": [...]}   {"done": {...}}  public part of a key
    {"do": "check", "trustees": text}                                {"done": {"owner": n}}
    {"do": "decrypt", "board": path, "workers": n}                   {"done": {"owner", "share", "binding"}}

What is refused or broken is answered {"failed": kind, "why": text, "remedy": text, "reason": code}. No
question takes a ciphertext: what a trustee decrypts, it adds up itself from the ballots of a board.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from smartid.crypto import strict_json
from smartid.errors import ServiceError, SmartIDError
from smartid.services.voting.compact import broken
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees.limits import SETTINGS
from smartid.services.voting.trustees.published import Context
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder

WHAT = "question to a trustee"
MAX_QUESTION = 32 << 20
MAX_PASSPHRASE = 1024
Question = Mapping[str, Any]


def answer(folder: TrusteeFolder, line: bytes) -> dict[str, Any]:
    """Answer one question. What fails is told, never raised, and no secret is in what is told."""
    try:
        question = strict_json.parse_object(line, WHAT)
        work, names = _QUESTIONS.get(str(question.get("do")), (None, ()))
        if work is None or set(question) != {"do", *names}:
            raise broken(WHAT, "one that this program knows")
        with folder.alone():
            return {"done": work(folder, question)}
    except SmartIDError as error:
        reason = error.reason if isinstance(error, ServiceError) else ""
        return {
            "failed": type(error).__name__,
            "why": error.args[0],
            "remedy": error.remedy,
            "reason": reason,
        }
    except OSError as error:
        return {"failed": "OSError", "why": f"{error.strerror}: {error.filename}", "remedy": "", "reason": ""}


def _key(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    return folder.make_key(named(_text(question, "group")))


def _certificate(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    names = ("group", "size", "threshold", "index")
    context = Context(**{name: question[name] for name in names})
    return folder.certificate(named(context.group), context)


def _polynomial(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    return folder.polynomial(question["certificates"])


def _receive(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    return folder.receive(question["certificates"], question["polynomials"])


def _check(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    key = folder.key
    trustees = Trustees.parse(_text(question, "trustees").encode(), key.group)
    return {"owner": folder.owner(trustees)}


def _decrypt(folder: TrusteeFolder, question: Question) -> dict[str, Any]:
    from smartid.services.voting.trustees.shares import decrypt_share  # noqa: PLC0415 - heavy

    workers = question["workers"]
    if type(workers) is not int or not 1 <= workers <= (os.cpu_count() or 1):
        raise broken(WHAT, "workers from 1 to the number of processors")
    made = decrypt_share(folder, Path(_text(question, "board")), workers=workers)
    return {"owner": made.owner, "share": made.raw.decode(), "binding": made.binding.decode()}


_QUESTIONS: dict[str, tuple[Callable[[TrusteeFolder, Question], dict[str, Any]], tuple[str, ...]]] = {
    "key": (_key, ("group",)),
    "certificate": (_certificate, ("group", "size", "threshold", "index")),
    "polynomial": (_polynomial, ("certificates",)),
    "receive": (_receive, ("certificates", "polynomials")),
    "check": (_check, ("trustees",)),
    "decrypt": (_decrypt, ("board", "workers")),
}


def serve(folder: TrusteeFolder, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions, or one is too long."""
    while line := questions.readline(MAX_QUESTION):
        answers.write(json.dumps(answer(folder, line)).encode() + b"\n")
        answers.flush()
        if not line.endswith(b"\n"):
            return


def main() -> None:
    """Run a trustee. Its folder is made when there is none."""
    parser = argparse.ArgumentParser(description="A trustee of an election.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passphrase-fd", type=int)
    arguments = parser.parse_args()
    passphrase = b""
    if arguments.passphrase_fd is not None:
        with os.fdopen(arguments.passphrase_fd, "rb") as source:
            passphrase = source.read(MAX_PASSPHRASE).rstrip(b"\n")
    path: Path = arguments.folder
    start = TrusteeFolder.open if (path / SETTINGS).exists() else TrusteeFolder.create
    try:
        folder = start(path, passphrase=passphrase)
    except (SmartIDError, OSError) as error:
        sys.exit(str(error))
    with suppress(BrokenPipeError):  # whoever asked is gone
        serve(folder, sys.stdin.buffer, sys.stdout.buffer)


def _text(question: Question, name: str) -> str:
    value = question[name]
    if not isinstance(value, str) or "\0" in value:
        raise broken(WHAT, f"a text without NUL as {name}")
    return value


if __name__ == "__main__":
    main()
