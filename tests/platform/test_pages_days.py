"""Days as people type them, whatever language their browser speaks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.web.days import read_day
from sampan_platform.web.templatetags.sampan import moment, money, short_day, short_moment
from tests.platform.pages_world import signed_in
from tests.platform.planning import NOW


@pytest.mark.parametrize(
    "typed",
    ["2020-02-04", "2020/2/4", " 2020.2.4 ", "20200204", "2020年2月4日", "２０２０-０２-０４"],
)
def test_a_day_is_read_with_the_year_first(typed: str) -> None:
    """Whatever stands between the parts, and in full width too: people copy days from anywhere."""
    assert read_day(typed) == date(2020, 2, 4)


@pytest.mark.parametrize("typed", ["", "02/04/2020", "2020-02-30", "2020-13-01", "today", "9" * 99])
def test_what_may_be_two_days_is_refused(typed: str) -> None:
    """An order that people read in two ways is asked for again, never guessed."""
    with pytest.raises(InvalidError, match="2020-02-14"):
        read_day(typed)


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "form"), [("en", "YYYY-MM-DD"), ("zh-hans", "年-月-日")])
def test_a_field_for_a_day_speaks_the_page_s_language(world: Any, language: str, form: str) -> None:
    """The form is said, the day stands in it year first."""
    with clock.at(NOW):
        page = signed_in(world, "ana", language).get("/situation/?since=2020/2/4")
    text = page.content.decode()
    assert f'placeholder="{form}"' in text
    assert 'name="since" value="2020-02-04"' in text
    assert 'type="date" name=' not in text


@pytest.mark.parametrize(("language", "near"), [("en", "14 Feb"), ("zh-hans", "2月14日")])
def test_days_of_this_year_are_short_in_tables(language: str, near: str) -> None:
    """A table of many days has room for its other columns; another year is always said."""
    with clock.at(NOW), translation.override(language):
        assert short_day(date(2020, 2, 14)) == near
        assert "2021" in short_day(date(2021, 2, 14))
        assert short_moment(NOW.replace(year=2021)) == moment(NOW.replace(year=2021))
        assert "2020" not in short_moment(NOW)
        assert short_day(None) == short_moment(None) == "–"


@pytest.mark.parametrize(("language", "told"), [("en", "1,235 CNY"), ("zh-hans", "1,235 元")])
def test_an_amount_says_what_it_is_counted_in(language: str, told: str) -> None:
    """A bare number of millions could be pieces."""
    with translation.override(language):
        assert money(1234.6) == told
        assert money(None) == "–"
