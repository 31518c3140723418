"""Cards as data: one frozen value tells recognition, files, PINs, keys and access rules of a card family."""
