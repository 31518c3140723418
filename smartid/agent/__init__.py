"""The citizen's computer: what a browser starts to reach the card, and the window that takes the PIN."""
