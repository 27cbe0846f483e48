"""Which rule holds for a place and an item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.monitor.models import Rule


class Rules:
    """All rules, the sites' places in the tree and the resources' classes; three queries."""

    def __init__(self, day: date) -> None:
        self.by_place: dict[tuple[str, int], dict[str, Rule]] = defaultdict(dict)
        for rule in Rule.objects.all():
            self.by_place[rule.check_code, rule.organisation_id][_item(rule)] = rule
        sites = catalogue.sites(day).order_by()
        # what is retired needs nobody's care: no rule stands for it, and its alerts close
        self.places = {
            site: (organisation, _line(path))
            for site, organisation, path in sites.values_list(
                "pk", "organisation_id", "organisation__path"
            )
        }
        resources = catalogue.resources(day).order_by()
        self.items = {
            resource: [f"resource:{resource}", f"class:{small}", f"class:{large}", ""]
            for resource, small, large in resources.values_list(
                "pk", "resource_class_id", "resource_class__parent_id"
            )
        }

    def find(self, check: str, site: int, resource: int | None) -> Rule | None:
        """The nearest rule that stands for this site and resource, if it is switched on."""
        if site not in self.places:
            return None
        names = [""] if resource is None else self.items.get(resource, [])
        for organisation in self.places[site][1]:
            of_place = self.by_place.get((check, organisation), {})
            for name in names:
                if name in of_place:
                    rule = of_place[name]
                    return rule if rule.active else None
        return None

    def owner(self, site: int) -> int:
        """The organisation of a site."""
        return self.places[site][0]


def _item(rule: Rule) -> str:
    if rule.resource_id is not None:
        return f"resource:{rule.resource_id}"
    return "" if rule.resource_class_id is None else f"class:{rule.resource_class_id}"


def _line(path: str) -> list[int]:
    """The organisation and those above it, nearest first."""
    return [int(part) for part in reversed(list(_parts(path)))]


def _parts(path: str) -> Iterable[str]:
    return path.strip("/").split("/")
