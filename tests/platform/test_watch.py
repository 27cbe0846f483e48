"""What `sampan serve` does again and again by itself: rules, messages, plans whose worker died."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from sampan_platform.commands import watch
from sampan_platform.common import clock
from sampan_platform.dispatch import services as dispatch
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.monitor.models import Alert, Message
from tests.platform.monitor_world import channel, evening, only, say
from tests.platform.planning import NOW
from tests.platform.webhook import serving

ROOT = Path(__file__).parents[2]


def test_a_beat_runs_rules_and_sends_messages(world) -> None:
    """One beat: the alert opens, and the webhook has it; the next beat sends nothing more."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    with serving() as hook, clock.at(evening(10)):
        channel(world, address=hook.address)
        assert watch.beat(watch.duties()) == []
        assert watch.beat(watch.duties()) == []
    assert Alert.objects.count() == 1
    assert len(hook.taken) == 1


def test_a_beat_finds_plans_whose_worker_died(world) -> None:
    """Nobody has to start another plan for a lost one to be told."""
    with clock.at(NOW):
        run = dispatch.start(world.organisations["cn-hb"], world.users["chen"], background=False)
        PlanRun.objects.filter(pk=run.pk).update(
            state="running", beat_at=NOW - dispatch.LOST_AFTER * 2
        )
        assert watch.beat(watch.duties()) == []
    run.refresh_from_db()
    assert run.state == "failed"


def test_a_duty_that_fails_does_not_stop_the_others(caplog) -> None:
    """It is told in the log, and the rest is done."""
    done: list[str] = []

    def broken() -> None:
        raise OSError("no disk")

    due = {"first": broken, "second": lambda: done.append("second")}
    assert watch.beat(due) == ["first"]
    assert done == ["second"]
    assert "first failed" in caplog.text
    assert "no disk" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_clock_of_serve_beats_and_stops(world, tmp_path) -> None:
    """The process that `serve` starts sends by itself, and ends when it is told to."""
    only("report-late", world, 1.0)
    from datetime import timedelta

    from sampan_platform.collect import services as collect

    since = clock.now().date() - timedelta(days=5)
    collect.assign("H1", "mask", since, None, actor=world.users["chen"])
    with serving() as hook:
        channel(world, address=hook.address)
        process = subprocess.Popen(
            [sys.executable, "-m", "sampan_platform.commands.watch", "0.1"],
            cwd=ROOT, env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        try:
            for _ in range(600):
                if hook.taken or process.poll() is not None:
                    break
                time.sleep(0.1)
            time.sleep(0.5)  # some beats more, which must send nothing
        finally:
            process.terminate()
            told, _ = process.communicate(timeout=60)
    assert len(hook.taken) == 1, told
    assert process.returncode == 0, told
    assert "has not come" in hook.taken[0]["text"]
    assert Message.objects.get().state == "sent"


def _environment(home: Path) -> dict[str, str]:
    """Of a process that uses the test's database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        (home / "sampan.sqlite3").symlink_to(name)
        return {**os.environ, "SAMPAN_HOME": str(home)}
    address = os.environ["SAMPAN_DATABASE"].replace("/postgres?", f"/{name}?")
    return {**os.environ, "SAMPAN_DATABASE": address}
