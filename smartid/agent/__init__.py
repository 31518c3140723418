"""The citizen's computer: from a browser to the card."""
