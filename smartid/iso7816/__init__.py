"""ISO/IEC 7816 as values: commands, responses, data objects, files, exchanges. No I/O."""
