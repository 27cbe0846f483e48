"""Sites, resources and the tree in memory, read again only when something about them changed.

PostgreSQL can tell (`sources.print_of_scope`). On SQLite they are read for every statistic: the
database lies in the same process there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django.db.models import Q

from sampan_platform.count import sources
from sampan_platform.people.models import User

Found = TypeVar("Found")
MOST = 64
"""Lists that are held; one of 1,000 sites takes some 0.3 MB."""


@dataclass
class Held:
    """What was read, all of it as of one print."""

    print_of: tuple[Any, ...] | None
    lists: dict[Hashable, Any] = field(default_factory=dict)

    def sites(self, user: User, chosen: Q) -> list[tuple[Any, ...]]:
        """As `sources.sites`; who sees the same part of the tree sees the same sites."""
        key = ("sites", sources.paths(user), chosen)
        return self._get(key, lambda: sources.sites(user, chosen))

    def resources(self) -> list[tuple[int, str, str, int]]:
        """As `sources.resources`."""
        return self._get("resources", sources.resources)

    def classes(self) -> list[tuple[int, str, int | None]]:
        """As `sources.classes`."""
        return self._get("classes", sources.classes)

    def organisations(self) -> list[tuple[int, str, str, str]]:
        """As `sources.organisations`."""
        return self._get("organisations", sources.organisations)

    def _get(self, key: Hashable, read: Callable[[], Found]) -> Found:
        if self.print_of is None:
            return read()
        # other threads of this process use the same lists: looked up once, put there when whole
        found = self.lists.get(key)
        if found is None:
            found = read()
            if len(self.lists) >= MOST:
                self.lists = {}
            self.lists[key] = found
        return cast("Found", found)


_LAST = [Held(None)]


def held() -> Held:
    """What is held, as it is now; one query."""
    print_now = sources.print_of_scope()
    last = _LAST[0]
    if print_now is None or print_now != last.print_of:
        last = _LAST[0] = Held(print_now)
    return last
