"""Who a person is, as values: no card, no I/O, no state."""
