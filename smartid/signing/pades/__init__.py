"""PAdES: signatures in PDF documents (ETSI EN 319 142-1). pyHanko is loaded when it is needed."""
