"""Generate docs/reference from the schema files, the argument parser and the docstrings."""
