"""TypeScript's compiler on the modules for browsers: their types stand in comments."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peers.node import node, node_modules
from tests.peers.servers import ROOT

pytestmark = pytest.mark.peers_heavy

STATIC = ROOT / "smartid" / "web" / "static"
OPTIONS = (
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "es2022"),
    *("--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"),
)


def _compile(file: Path) -> str:
    compiler = (
        node_modules(Path(__file__).parent / "typescript") / "node_modules" / "typescript" / "lib" / "tsc.js"
    )
    done = subprocess.run(
        [node(), compiler, *OPTIONS, file], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout


def test_the_modules_are_typed(tmp_path: Path) -> None:
    assert _compile(STATIC / "smartid-login.js") == ""
    shutil.copytree(STATIC, tmp_path / "static")
    wrong = tmp_path / "static" / "smartid.js"
    wrong.write_text(wrong.read_text() + "\nauthenticate(1);\n")
    assert "TS2345" in _compile(wrong)
