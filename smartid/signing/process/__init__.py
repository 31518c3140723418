"""The validation process of ETSI EN 319 102-1 over facts of any format, and its words."""
