"""Filters of the ledger's pages."""

from __future__ import annotations

from django import template

from sampan_platform.web.ledger import doing, naming

register = template.Library()
register.filter("source", naming.source)
register.filter("reason", naming.reason)
register.filter("done", doing.done)
register.filter("facts", doing.facts)
register.filter("target_address", doing.target_address)
