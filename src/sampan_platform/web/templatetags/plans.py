"""A filter of the plans' pages."""

from __future__ import annotations

from django import template

from sampan_platform.web.plans import failing

register = template.Library()
register.filter("failure", failing.failure)
register.filter("finding", failing.finding)
