"""The cash machine: what it asks its switch, what it pays out, and what it knows of both."""
