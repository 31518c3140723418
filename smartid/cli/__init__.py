"""The command line: one file per command, found and imported only when it is called."""
