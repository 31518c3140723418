"""Without the extra ``voting`` a command says what to install, and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from smartid.cli.tree import run
from smartid.services.voting.groups.named import named

QUESTIONS = '{"name":"n","description":"","questions":[{"question":"?","answers":["a"],"min":0,"max":1}]}'
LIBRARIES = {
    "BELENIOS-2048": ("gmpy2", "smartid.services.voting.groups.belenios_2048"),
    "Ed25519": ("nacl", "smartid.services.voting.groups.ed25519"),
}


@pytest.mark.parametrize("group", LIBRARIES)
@pytest.mark.parametrize(
    "words",
    [
        "demo made",
        "new made --questions questions.json",
        "trustee key made . --name mina --no-passphrase",
        "trustee certificate made . --no-passphrase --size 2 --threshold 2 --index 1",
    ],
)
def test_the_extra_is_named_before_anything_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    group: str,
) -> None:
    library, module = LIBRARIES[group]
    monkeypatch.chdir(tmp_path)
    Path("questions.json").write_text(QUESTIONS)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, module, raising=False)
    for place in (named.__module__, "smartid.cli.election_new"):  # groups that are kept stay the same ones
        monkeypatch.setattr(f"{place}.named", named.__wrapped__)
    assert run(["election", *words.split(), "--group", group]) == 2
    assert "pip install 'smartid[voting]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["questions.json"]
