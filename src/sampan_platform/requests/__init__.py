"""Needs that people state: asked, reviewed, approved, met."""
