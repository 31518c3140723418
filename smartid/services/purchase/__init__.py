"""Electronic purchase: intents, payments that a card signs, standing mandates, and the way to the acquirer."""
