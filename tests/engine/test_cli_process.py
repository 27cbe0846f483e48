"""The command line as a process: signals, pipes, plug-ins, defects."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sampan import write_network
from sampan.testing import two_hospitals
from tests.engine.command_line import command, environment, in_subprocess

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def long_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose solve takes long enough to be stopped on any machine."""
    folder = tmp_path_factory.mktemp("long") / "network"
    maker = [sys.executable, str(ROOT / "benchmarks" / "generate.py"), str(folder)]
    asked = ["--columns", "40000", "--stages", "all"]
    subprocess.run([*maker, *asked], env=environment(), check=True, capture_output=True)
    return folder


def _start(*words: object) -> subprocess.Popen[str]:
    """A call that has begun to solve."""
    process = subprocess.Popen(
        command(*words),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    assert "step 1 of" in process.stderr.readline()
    return process


def test_ctrl_c_returns_the_best_plan(long_network: Path, tmp_path: Path) -> None:
    """One Ctrl-C: a plan with status `interrupted`, printed and written, and exit code 0."""
    process = _start("solve", long_network, "--json", "--out", tmp_path / "plan")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out)["summary"]["status"] == "interrupted"
    assert "best plan found so far" in err
    assert (tmp_path / "plan" / "plan.toml").is_file()


EARLY = """
import os, signal, sys

class Early:
    def find_spec(self, name, *rest):
        if name == "{when}":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Early())
"""
"""Ctrl-C at the moment at which something is loaded."""
HEARD = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""As in a terminal, also where these tests themselves run in the background of a script."""


@pytest.mark.parametrize("when", ["sampan", "polars", "numpy", "sampan.cli"])
def test_ctrl_c_while_the_command_loads(tmp_path: Path, when: str) -> None:
    """One line and exit code 130, as later; no traceback of what was being loaded."""
    (tmp_path / "sitecustomize.py").write_text(HEARD + EARLY.format(when=when), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sampan_command", "--version"],
        env=environment(tmp_path), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "sampan: interrupted; nothing was done.\n"


def test_ctrl_c_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """Who starts a command with `nohup` and `&` does not end it by Ctrl-C in the same shell."""
    ignore = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    (tmp_path / "sitecustomize.py").write_text(ignore + EARLY.format(when="polars"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sampan_command", "--version"],
        env=environment(tmp_path), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sampan ")


TWICE = """
import os, signal, time
from sampan.commands import solving
from sampan.commands.progress import Nothing
solving.SAME_PRESS_SECONDS = {same_press}
with solving.catching(solving.Stop(Nothing())):
    os.kill(os.getpid(), signal.SIGINT)
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep({then})
    print("and here")
"""


def _press_twice(same_press: float, then: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", TWICE.format(same_press=same_press, then=then)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_ctrl_c_twice_ends_at_once() -> None:
    """The first only asks for a stop; the second ends the process with 130, whatever it does."""
    done = _press_twice(same_press=0, then=60)
    assert (done.returncode, done.stdout) == (130, "still here\n")
    assert "Ended." in done.stderr
    assert "Traceback" not in done.stderr


def test_one_ctrl_c_that_arrives_twice_is_one() -> None:
    """A program around this one may pass on what the terminal has sent already."""
    done = _press_twice(same_press=1e9, then=0)
    assert (done.returncode, done.stdout) == (0, "still here\nand here\n")
    assert done.stderr.count("Stopping") == 1


def test_time_limit_gives_a_plan(long_network: Path) -> None:
    """Stopped by the clock: exit code 0, the status says why, the gap is stated."""
    done = in_subprocess("solve", long_network, "--json", "--quiet", "--time-limit", "0.01")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert summary["status"] == "time_limit"
    assert summary["gap"] > 0


def test_broken_pipe_is_silent(tmp_path: Path) -> None:
    """`sampan … | head` prints no complaint when head has seen enough."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        command("schema"), env=environment(), stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_reader_that_stops_early_is_no_finding(tmp_path: Path) -> None:
    """The pages drawn by rich end with 141 as well, not with the 1 of an invalid plan."""
    write_network(two_hospitals(), tmp_path / "n")
    read, write = os.pipe()
    os.close(read)
    words = command("show", tmp_path / "n")
    env = environment(PYTHONUNBUFFERED="1")
    done = subprocess.run(words, env=env, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def _package(folder: Path, name: str, points: str, code: str) -> None:
    """An installed package with entry points, as far as Python's metadata can tell."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[sampan.commands]\n{points}\n")
    (folder / f"{name}.py").write_text(code)


def test_commands_of_other_packages(tmp_path: Path) -> None:
    """A package adds a command; a broken one, or one that takes a name, warns and harms nobody."""
    greeter = 'def greet(argv):\n    "Say hello."\n    print("hello", *argv)\n    return 5\n'
    _package(tmp_path, "greeter", "greet = greeter:greet", greeter)
    _package(tmp_path, "broken", "broken = broken:go", "raise RuntimeError('no database')\n")
    _package(tmp_path, "rude", "solve = rude:go", "def go(argv):\n    return 9\n")
    env = environment(tmp_path)
    done = in_subprocess("greet", "世界", "--json", env=env)
    assert (done.returncode, done.stdout) == (5, "hello 世界 --json\n")
    done = in_subprocess("--help", env=env)
    assert done.returncode == 0
    assert "Say hello." in done.stdout
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(warnings) == 2
    assert any("broken" in line and "no database" in line for line in warnings)
    assert any("rude" in line and "'solve'" in line for line in warnings)
    done = in_subprocess("broken", env=env)
    assert (done.returncode, done.stdout) == (70, "")
    assert "no database" in done.stderr
    assert in_subprocess("schema", "lanes", env=env).returncode == 0


def test_a_defect_is_one_line(tmp_path: Path) -> None:
    """An unexpected exception: 70 and one line; the traceback only with SAMPAN_DEBUG=1."""
    code = "def go(argv):\n    raise ValueError('two\\nlines')\n"
    _package(tmp_path, "faulty", "faulty = faulty:go", code)
    done = in_subprocess("faulty", env=environment(tmp_path))
    assert done.returncode == 70
    assert len(done.stderr.splitlines()) == 1
    assert "defect, please report" in done.stderr
    done = in_subprocess("faulty", "--json", env=environment(tmp_path))
    assert "two lines" in json.loads(done.stdout)["error"]
    debug = subprocess.run(
        command("faulty"),
        env=environment(tmp_path, SAMPAN_DEBUG="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert debug.returncode == 70
    assert "Traceback" in debug.stderr


def test_an_output_that_cannot_show_chinese(tmp_path: Path) -> None:
    """Where the output is ASCII only, names are escaped; nothing fails, and JSON stays JSON."""
    network = two_hospitals().replace(name="两家医院")
    write_network(network, tmp_path / "n")
    env = environment(PYTHONIOENCODING="ascii")
    assert in_subprocess("solve", tmp_path / "n", "--quiet", env=env).returncode == 0
    done = in_subprocess("solve", tmp_path / "n", "--quiet", "--json", env=env)
    assert json.loads(done.stdout)["summary"]["network"] == "两家医院"


def test_the_command_loads_only_what_it_needs() -> None:
    """Building the parser, as every call does, loads neither rich nor a workbook library."""
    code = "import sys, sampan.cli as c; c.build_parser(); print('rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
