import pytest

from smartid.iso7816.status import Category, StatusWord


@pytest.mark.parametrize(
    ("sw", "category", "words"),
    [
        (0x9000, Category.SUCCESS, "done"),
        (0x6110, Category.SUCCESS, "16 more bytes"),
        (0x6100, Category.SUCCESS, "256 more bytes"),
        (0x6C20, Category.CHECKING_ERROR, "32 bytes are there"),
        (0x63C2, Category.WARNING, "2 tries left"),
        (0x63C1, Category.WARNING, "1 try left"),
        (0x6983, Category.CHECKING_ERROR, "blocked"),
        (0x6A82, Category.CHECKING_ERROR, "not found"),
        (0x6A99, Category.CHECKING_ERROR, "P1-P2"),
        (0x6FEE, Category.CHECKING_ERROR, "no precise diagnosis"),
        (0x1234, Category.INVALID, "unknown"),
    ],
)
def test_a_status_word_explains_itself(sw, category, words):
    status = StatusWord(sw)
    assert status.category is category
    assert words in str(status)


@pytest.mark.parametrize(
    ("sw", "tries"), [(0x63C3, 3), (0x63C0, 0), (0x6983, 0), (0x6300, None), (0x9000, None), (0x6982, None)]
)
def test_tries_left_are_a_number_only_where_the_card_gave_one(sw, tries):
    assert StatusWord(sw).tries_left == tries
