"""XAdES: signatures in XML (ETSI EN 319 132-1). lxml is loaded when it is needed."""
