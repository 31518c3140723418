from __future__ import annotations

import io
import sys

import pytest

from smartid.errors import SmartIDError
from smartid.identity.model import Sex
from smartid.identity.portrait import portrait_from_image
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.portrait import draw

pytest.importorskip("PIL", reason="Pillow draws the portraits")


def test_pillow_reads_a_baseline_jpeg_of_the_size_it_claims() -> None:
    from PIL import Image

    portrait = draw("sara", sex=Sex.FEMALE, age=34)
    with Image.open(io.BytesIO(portrait.data)) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (413, 531))
        assert "progressive" not in image.info
    assert portrait_from_image(portrait.data) == portrait


def test_the_same_seed_draws_the_same_picture_and_another_seed_another() -> None:
    pictures = {seed: draw(seed, sex=Sex.MALE, age=40).data for seed in ("reza", "hamid", "amin")}
    assert draw("reza", sex=Sex.MALE, age=40).data == pictures["reza"]
    assert len(set(pictures.values())) == 3


@pytest.mark.parametrize("citizen", CITIZENS.values(), ids=tuple(CITIZENS))
def test_a_portrait_is_as_large_as_one_on_a_real_card(citizen) -> None:
    size = len(draw(citizen.id, sex=citizen.identity.sex).data)
    assert 12_000 <= size <= 24_000


def test_without_pillow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SmartIDError, match=r"smartid\[mock\]"):
        draw("sara")
