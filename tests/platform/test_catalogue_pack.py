"""The catalogue that a new installation starts with."""

from __future__ import annotations

import pytest

from sampan_platform.catalogue import services
from sampan_platform.catalogue.models import Packaging, Resource, ResourceClass
from sampan_platform.catalogue.standards import HS_CODE
from sampan_platform.common.errors import NotFoundError


def test_the_medical_pack_has_7_classes_and_21_sub_classes(db) -> None:
    """Each with both names, and every sub-class with something in it."""
    services.load_pack("medical")
    assert ResourceClass.objects.filter(parent=None).count() == 7
    below = ResourceClass.objects.exclude(parent=None)
    assert below.count() == 21
    assert all(one.name_en and one.name_zh for one in ResourceClass.objects.all())
    assert not below.filter(resources=None).exists()


def test_resources_are_named_in_both_languages_and_have_hs_codes(db) -> None:
    """Public codes only; a class of goods has no GTIN, and none is made up."""
    services.load_pack("medical")
    for one in Resource.objects.all():
        assert one.name_en
        assert one.name_zh
        assert HS_CODE.fullmatch(one.hs_code)
        assert one.gtin == ""
    codes = dict(Resource.objects.values_list("code", "hs_code"))
    assert codes["mask_medical"] == "6307.90"
    assert codes["ventilator"] == "9019.20"
    assert Packaging.objects.get(resource__code="mask_medical", name="box").quantity == 50


def test_loading_again_changes_nothing_and_keeps_what_was_changed(db) -> None:
    """`sampan init` is safe to run at any time."""
    assert services.load_pack("medical").anything
    Resource.objects.filter(code="mask_medical").update(value=3.0)
    again = services.load_pack("medical")
    assert not again.anything
    assert Resource.objects.get(code="mask_medical").value == 3.0


@pytest.mark.parametrize("name", ["agricultural", "../people", "", "__pycache__"])
def test_an_unknown_pack_is_named(db, name) -> None:
    """And those that there are."""
    with pytest.raises(NotFoundError, match="there is medical"):
        services.load_pack(name)
