"""Who may see and change what."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.people import selectors, services
from sampan_platform.people.models import AuditEvent, Organisation, Role


def test_reach_is_the_subtree_of_the_roles_that_allow(world) -> None:
    """A coordinator of Hubei plans for Hubei, and sees nothing of Viet Nam."""
    chen = world.users["chen"]
    codes = set(selectors.organisations(chen, selectors.RUN_PLAN).values_list("code", flat=True))
    assert codes == {"cn-hb", "xiantao", "hb-store", "jinyintan"}
    assert not selectors.organisations(world.users["rui"], selectors.RUN_PLAN).exists()
    assert selectors.organisations(world.users["aud"], selectors.READ_AUDIT).count() == 5


def test_require_tells_forbidden_from_not_found(world) -> None:
    """What one may not see does not exist; what one may see but not do is forbidden."""
    rui, tree = world.users["rui"], world.organisations
    selectors.require(rui, selectors.REPORT, tree["xiantao"])
    with pytest.raises(NotFoundError, match="no organisation jinyintan"):
        selectors.require(rui, selectors.REPORT, tree["jinyintan"])
    with pytest.raises(ForbiddenError, match="may not approve for xiantao"):
        selectors.require(rui, selectors.APPROVE, tree["xiantao"])


def test_a_user_without_role_or_not_active_reaches_nothing(world) -> None:
    """No role, no rows; and a closed account keeps none."""
    nobody = services.create_user("nobody")
    assert not selectors.organisations(nobody).exists()
    ops = world.users["ops"]
    assert selectors.organisations(ops).count() == Organisation.objects.count()
    ops.is_active = False
    assert not selectors.organisations(ops).exists()


def test_reach_asks_the_roles_once(world, django_assert_num_queries) -> None:
    """Scoping a list costs one query for the roles and one for the list."""
    with django_assert_num_queries(2):
        list(selectors.organisations(world.users["chen"]))


def test_bad_roles_and_doubles_are_refused(world) -> None:
    """In words, and by the database too."""
    tree, rui = world.organisations, world.users["rui"]
    with pytest.raises(InvalidError, match="level 1 or 2"):
        services.give_role(rui, tree["xiantao"], "approver")
    with pytest.raises(ConflictError, match="Choose another code"):
        services.create_organisation("cn", "China", "country")
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.create(user=rui, organisation=tree["cn"], kind="approver")


def test_changes_leave_a_trail(world) -> None:
    """Who did what to whom stands in the audit trail."""
    ops = world.users["ops"]
    services.give_role(world.users["rui"], world.organisations["xiantao"], "analyst", actor=ops)
    event = AuditEvent.objects.first()
    assert (event.action, event.actor, event.target) == ("people.give_role", ops, "user:rui")
    assert event.after == {"kind": "analyst", "approval_level": 0}


def test_time_zone_and_deadline_come_from_above(world) -> None:
    """A hospital in Viet Nam lives in Viet Nam's time; Hubei in the region's."""
    tree = world.organisations
    assert selectors.time_zone_of(tree["bachmai"]) == "Asia/Ho_Chi_Minh"
    assert selectors.time_zone_of(tree["jinyintan"]) == "Asia/Shanghai"
