"""Electronic purchase: intents, payments that a card signs, standing mandates, the way to the acquirer."""
