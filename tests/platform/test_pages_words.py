"""Chinese pages are in Chinese and English pages in English, whatever is pressed on them."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import transaction
from django.test.utils import override_settings

from sampan_platform.common import clock
from sampan_platform.people import services
from sampan_platform.people.models import RoleKind
from tests.platform.http_samples import busy
from tests.platform.page_walker import Form, Reader, Seen, foreign, send, walk
from tests.platform.pages_world import LANGUAGES, signed_in
from tests.platform.planning import NOW
from tests.platform.world import World, organisations

FEWEST_PAGES = 40
FEWEST_FORMS = 15
NAMED = {
    "people.Organisation": ("name_en", "name_zh"),
    "catalogue.Site": ("name_en", "name_zh"),
    "catalogue.Resource": ("name_en", "name_zh", "unit"),
    "catalogue.Lane": ("code", "mode", "border"),
}
WORDS = {"jinyintan first", "jinyintan", "json localhost", "Sampan"}
"""Names that the sample's people gave."""


@pytest.fixture(scope="module")
def hubei(django_db_setup, django_db_blocker):
    """Hubei with one of everything, on 10 February 2020, and somebody who may do everything."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), clock.at(NOW), quick, transaction.atomic():
        world = World(organisations())
        busy(world)
        world.users["top"] = services.create_user("top")
        for kind in RoleKind.values:
            level = 2 if kind == "approver" else 0
            services.give_role(
                world.users["top"], world.organisations["asean-plus"], kind, approval_level=level
            )
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(hubei, db):
    """What a test does is taken back."""
    return hubei


def names() -> set[str]:
    """What the data calls its things, in both languages; in the longest form first."""
    found = set(WORDS)
    for model, fields in NAMED.items():
        for field in fields:
            rows = apps.get_model(model).objects.values_list(field, flat=True)
            found |= {value for value in rows if value}
    return found


def say(found: list[tuple[Seen, str]]) -> str:
    return "\n".join(f"{seen.user} {seen.address}: {text}" for seen, text in found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("user", ["top", "chen", "hua", "ops"])
def test_pages_speak_one_language_and_every_link_leads_somewhere(
    world, user: str, language: str
) -> None:
    """From Today, by every link that is offered to somebody: none is refused, none half said."""
    client, known = signed_in(world, user, language), names()
    seen = [one for one, _ in walk(client, user)]
    assert len(seen) >= (FEWEST_PAGES if user == "top" else 10)
    assert [(one.address, one.status) for one in seen if one.status >= 400] == []
    wrong = [(one, text) for one in seen for text in foreign(one.texts, language, known)]
    assert not wrong, say(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_refused_is_said_in_the_pages_language(world, language: str) -> None:
    """Every form, sent with nonsense in its fields: an answer, and in one language."""
    client, known = signed_in(world, "top", language), names()
    pages: list[tuple[str, Reader]] = [(seen.address, page) for seen, page in walk(client, "top")]
    forms: dict[tuple[str, ...], tuple[str, Form]] = {}
    for address, page in pages:
        for form in page.forms:
            action = re.sub(r"[\w-]*\d[\w-]*", "N", (form.action or address).split("?")[0])
            if "sign-out" not in action and "language" not in action:
                forms.setdefault((action, *sorted(form.fields)), (address, form))
    assert len(forms) >= FEWEST_FORMS
    answers = []
    for address, form in forms.values():
        with transaction.atomic():
            answers.append(send(client, "top", address, form))
            transaction.set_rollback(True)
    assert [(one.address, one.status) for one in answers if one.status >= 500] == []
    wrong = [(one, text) for one in answers for text in foreign(one.texts, language, known)]
    assert not wrong, say(wrong)


def test_the_reader_finds_what_is_not_translated() -> None:
    """An English sentence on a Chinese page, and the other way round; names are no sentences."""
    page = Reader()
    page.feed(
        "<title>订单</title><p>There is no plan.</p><p>Wuhan hub 湖北</p><code>some code</code>"
        '<input placeholder="type a day"><p>GTIN, HS 和 Excel</p>'
    )
    assert foreign(page.texts, "zh-hans", {"Wuhan hub"}) == ["There is no plan.", "type a day"]
    assert foreign(page.texts, "en", {"湖北"}) == ["订单"]
