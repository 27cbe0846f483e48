"""Filters of the catalogue's pages."""

from __future__ import annotations

from django import template

from sampan_platform.web.catalogue.headings import heading

register = template.Library()
register.filter("heading", heading)
