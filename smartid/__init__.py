"""Read national smart cards, prove that card and holder are genuine, sign and verify."""
