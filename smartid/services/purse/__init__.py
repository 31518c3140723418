"""Electronic money: a purse on the card, loaded online, spent offline, collected later."""
