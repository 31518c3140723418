"""Double entry in whole units: accounts that cannot be overdrawn, entries that cannot be changed."""
