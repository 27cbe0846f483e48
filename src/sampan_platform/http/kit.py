"""What every stage's `api.py` uses, in one place.

    from sampan_platform.http.kit import Page, idempotent, page, requires

    @router.get("", response=Page[ReportOut], summary="Reports that you may see")
    @requires("reports:read")
    def reports(request, cursor: str = "", limit: int = 100): ...

`request.user` is the `people.User` who asks, by token or by session. A `PlatformError` raised
anywhere becomes one problem+json document.
"""

from sampan_platform.http.etags import etagged, require_match, tag_of
from sampan_platform.http.guard import SCOPES, required_scope, requires
from sampan_platform.http.idempotency import idempotent
from sampan_platform.http.identify import token_of, user_of
from sampan_platform.http.paging import LIMIT_DEFAULT, LIMIT_MAX, Page, PageDict, page
from sampan_platform.http.problems import HttpProblem, ProblemDocument
from sampan_platform.http.tables import TABLE_ANSWERS, render_table, table_format

__all__ = [
    "LIMIT_DEFAULT",
    "LIMIT_MAX",
    "SCOPES",
    "TABLE_ANSWERS",
    "HttpProblem",
    "Page",
    "PageDict",
    "ProblemDocument",
    "etagged",
    "idempotent",
    "page",
    "render_table",
    "require_match",
    "required_scope",
    "requires",
    "table_format",
    "tag_of",
    "token_of",
    "user_of",
]
