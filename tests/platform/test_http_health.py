"""What starts and restarts the platform asks these."""

from __future__ import annotations

from django.test import Client


def test_healthz_asks_nobody_and_nothing(db, django_assert_num_queries) -> None:
    """It answers without a token and without the database."""
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "well"})


def test_readyz_knows_whether_the_tables_are_there(db, monkeypatch) -> None:
    """Ready when they are; 503 with what to do when some are missing."""
    assert Client().get("/readyz").status_code == 200
    monkeypatch.setattr(
        "sampan_platform.http.health.MigrationExecutor.migration_plan", lambda *_: [("x", False)]
    )
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "Run sampan init" in answer.json()["detail"]
