"""The open stored-value application of a card, purse and fuel quota, as values and codecs."""
