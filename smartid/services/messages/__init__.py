"""Messages of the industry: ISO 8583, ISO 20022."""
