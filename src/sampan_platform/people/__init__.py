"""Organisations as a tree, users, their roles, and who may see and change what."""
