"""The host as a browser drives it: a process, frames over pipes, one request, and an end."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from tests.card.agent.conftest import (
    CALLER,
    ORIGIN,
    ROOT,
    Start,
    command,
    frame,
    frames,
    image_of,
    login,
    pin,
    wrong,
)


def verify_raw(certificate: bytes, signature: bytes, digest: bytes) -> None:
    """pyca is the outside witness: r and s of a P-384 key over a SHA-384 digest."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert len(signature) == 96
    r, s = (int.from_bytes(part, "big") for part in (signature[:48], signature[48:]))
    key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA384())))


def test_it_speaks_first_and_answers_quit(start: Start) -> None:
    host = start()
    version = host.hear()
    assert set(version) == {"version"}
    assert version["version"].split(".")[0] == "2"
    assert all(part.isdigit() for part in version["version"].split("."))
    host.say(frame({"command": "quit", "arguments": {}}))
    assert host.rest() == ([{}], "")


def test_a_login(start: Start) -> None:
    host, request = start(), login()
    host.hear()
    host.say(frame(request))
    host.type(f"{pin()}\n")
    (token,), told = host.rest()
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert all(token.values())
    assert (token["format"], token["algorithm"]) == ("web-eid:1.0", "ES384")
    texts = (ORIGIN, request["arguments"]["challengeNonce"])
    message = b"".join(hashlib.sha384(text.encode()).digest() for text in texts)
    certificate, signature = (base64.b64decode(token[n]) for n in ("unverifiedCertificate", "signature"))
    verify_raw(certificate, signature, hashlib.sha384(message).digest())
    assert told == f"smartid: {ORIGIN} asks to log in; wanted: Identity PIN\n"


def test_a_crash_would_write_no_pin_to_the_disk(start: Start) -> None:
    host = start()
    host.hear()
    host.say(frame(login()))
    assert host.process.stderr
    assert b"wanted" in host.process.stderr.readline()
    assert resource.prlimit(host.process.pid, resource.RLIMIT_CORE) == (0, 0)


def test_a_certificate_and_a_signature_with_it(start: Start) -> None:
    host = start()
    host.hear()
    host.say(frame(command("get-signing-certificate", lang="en")))
    (found,), told = host.rest()
    assert found["supportedSignatureAlgorithms"] == [
        {"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}
    ]
    assert "PIN" not in told
    digest = hashlib.sha384(b"a contract").digest()
    text = base64.b64encode(digest).decode()
    host = start()
    host.hear()
    host.say(frame(command("sign", certificate=found["certificate"], hash=text, hashFunction="SHA-384")))
    host.type(f"{pin('signature')}\n")
    (answer,), _ = host.rest()
    assert answer["signatureAlgorithm"] == found["supportedSignatureAlgorithms"][0]
    verify_raw(base64.b64decode(found["certificate"]), base64.b64decode(answer["signature"]), digest)


def test_a_wrong_pin_costs_one_try_and_says_what_is_left(start: Start, card_file: Path) -> None:
    host = start()
    host.hear()
    host.say(frame(login()))
    host.type(f"{wrong()}\n{pin()}\n")
    (answer,), told = host.rest()
    assert answer["error"]["code"] == "ERR_WEBEID_NATIVE_FATAL"
    assert (answer["error"]["reason"], answer["error"]["retries_left"]) == ("pin_wrong", 2)
    assert image_of(card_file).pins["identity"].tries_left == 2
    assert wrong() not in told + json.dumps(answer)


def test_a_blocked_pin_is_told_before_anybody_is_asked(start: Start, card_file: Path) -> None:
    image = image_of(card_file)
    image.pins["identity"].tries_left = 0
    image.save(card_file)
    host = start()
    host.hear()
    host.say(frame(login()))
    (answer,), told = host.rest()
    assert (answer["error"]["reason"], answer["error"]["retries_left"]) == ("pin_blocked", 0)
    assert told == ""


def test_a_pin_that_comes_digit_by_digit(start: Start) -> None:
    host = start()
    host.hear()
    data = frame(login())
    for place in range(0, len(data), 7):
        host.say(data[place : place + 7])
    for digit in pin():
        host.type(digit)
    host.type("\n")
    assert host.rest()[0][0]["format"] == "web-eid:1.0"


def test_an_oversized_message_is_answered_before_it_is_read(start: Start) -> None:
    host = start()
    host.hear()
    host.say(struct.pack("=I", 0xFFFFFFFF))
    (answer,), told = host.rest()
    assert answer["error"]["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
    assert told == ""


@pytest.mark.parametrize("cut", [0, 20])
def test_a_browser_that_leaves_before_it_asked(start: Start, cut: int) -> None:
    host = start()
    host.hear()
    host.say(frame(login())[:cut])
    host.close()
    said, told = host.rest()
    assert [one["error"]["reason"] for one in said] == (["invalid_argument"] if cut else [])
    assert told == ""


def test_a_browser_that_leaves_while_the_pin_is_awaited(start: Start, card_file: Path) -> None:
    host = start()
    host.hear()
    host.say(frame(login()))
    host.type(pin()[:2])
    assert host.process.stderr
    assert b"asks to log in" in host.process.stderr.readline()
    host.close()
    said, _ = host.rest()
    assert [one["error"]["reason"] for one in said] == ["cancelled"]
    assert image_of(card_file).pins["identity"].tries_left == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_pin_is_awaited(start: Start, card_file: Path, number: signal.Signals) -> None:
    host = start()
    host.hear()
    host.say(frame(login()))
    assert host.process.stderr
    host.process.stderr.readline()
    host.process.send_signal(number)
    said, told = host.rest()
    assert [one["error"]["code"] for one in said] == ["ERR_WEBEID_USER_CANCELLED"]
    assert told == ""


def test_a_request_and_a_pin_from_a_shell_that_closes_its_pipes_at_once(start: Start) -> None:
    host = start()
    host.type(f"{pin()}\n")
    host.say(frame(login()))
    host.close()
    said, _ = host.rest()
    assert [set(one) & {"version", "format"} for one in said] == [{"version"}, {"format"}]


def test_two_at_once_have_one_card(start: Start) -> None:
    first, second = start(), start()
    for host in (first, second):
        host.hear()
    first.say(frame(login()))
    assert first.process.stderr
    first.process.stderr.readline()
    second.say(frame(login()))
    (answer,), _ = second.rest()
    assert answer["error"]["reason"] == "reader_busy"
    first.type(f"{pin()}\n")
    assert first.rest()[0][0]["format"] == "web-eid:1.0"


def test_a_card_file_that_is_not_there(start: Start) -> None:
    host = start(reader="mock:/nowhere/x.card")
    host.hear()
    host.say(frame(login()))
    (answer,), _ = host.rest()
    assert answer["error"]["reason"] == "reader_absent"
    assert "nowhere" not in json.dumps(answer)


def test_no_service(start: Start, tmp_path: Path) -> None:
    pytest.importorskip("smartcard.scard")
    host = start(reader="Nobody", PCSCLITE_CSOCK_NAME=str(tmp_path / "nothing"))
    host.hear()
    host.say(frame(login()))
    (answer,), _ = host.rest()
    assert answer["error"]["reason"] == "no_service"


def refused(*callers: str, options: tuple[str, ...] = (), status: int = 1) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "smartid", "agent", "run", *options, *callers],
        input=frame({"command": "quit", "arguments": {}}),
        capture_output=True,
        check=False,
        timeout=20,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout) == (status, b""), done
    return done.stderr.decode()


def test_another_caller_gets_not_one_byte() -> None:
    assert "does not work for this add-on" in refused("chrome-extension://abcdefghijklmnopabcdefghijklmnop/")


def test_no_caller_is_wrong_usage() -> None:
    assert "CALLER is missing" in refused(status=2)


def test_a_pattern_is_no_caller_that_can_be_added() -> None:
    refused(CALLER, options=("--allow", "chrome-extension://*/"), status=2)


def test_a_descriptor_that_is_closed_is_wrong_usage_before_a_word_is_said() -> None:
    assert "cannot be used" in refused(CALLER, options=("--pin-fd", "77"), status=2)


def test_an_add_on_that_was_added_and_the_one_of_firefox(start: Start) -> None:
    own = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"
    firefox = (
        "/home/sara/.mozilla/native-messaging-hosts/eu.webeid.json",
        "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}",
    )
    for host in (start("--allow", own, callers=[own]), start(callers=firefox)):
        host.hear()
        host.say(frame({"command": "quit", "arguments": {}}))
        assert host.rest() == ([{}], "")


def test_nothing_but_frames_reaches_standard_output(tmp_path: Path) -> None:
    """What a library prints, from Python or below it, goes to standard error."""
    code = (
        "import os, sys\n"
        "from smartid.agent.native_host import greet\n"
        "from smartid.agent.frames import write_frame\n"
        "out = greet()\n"
        "print('python talks'); sys.stdout.flush(); os.write(1, b'and C too')\n"
        "os.system('echo and a child')\n"
        "write_frame(out, {})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert [set(one) for one in frames(done.stdout)] == [{"version"}, set()]
    for words in (b"python talks", b"and C too", b"and a child"):
        assert words in done.stderr


def test_the_first_message_needs_no_command_line() -> None:
    """Cold start: what is loaded before the version is said."""
    code = (
        "import os, sys\n"
        "sys.argv = ['smartid', 'agent', 'run', sys.argv[1]]\n"
        "import smartid.agent.frames as frames\n"
        "import smartid.agent.native_host as host\n"
        "def heard(_descriptor, message):\n"
        "    os.write(2, ' '.join(sys.modules).encode()); os._exit(0)\n"
        "host.write_frame = heard\n"
        "from smartid.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, CALLER],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    loaded = set(done.stderr.decode().split())
    assert "smartid.agent.native_host" in loaded
    assert not loaded & {
        "click",
        "cryptography",
        "asn1crypto",
        "smartid.card.card",
        "tkinter",
        "smartcard",
        "rich",
    }
