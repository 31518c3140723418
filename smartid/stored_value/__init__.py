"""The open stored-value application of a card, as values and codecs: purse and fuel quota (docs/reference/purse.md)."""
