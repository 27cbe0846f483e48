"""The commands of `sampan`: each takes the parsed arguments and returns an exit code."""
