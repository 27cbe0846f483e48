"""The wheel on its own: built, installed without extras, and used in a fresh environment.

It works offline: the environment sees those packages of this one that the wheel itself asks for,
and no other, so that a forgotten dependency or a development package in use fails here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tools.licences import closure

ROOT = Path(__file__).parents[2]
TOO_HEAVY = ("pandas", "matplotlib", "django", "flask", "fastapi", "starlette", "aiohttp",
             "requests", "openpyxl", "rich", "pyarrow", "pytest")  # fmt: skip
"""What `import sampan` must not load: it is absent, or wanted only later."""


def _run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout, with nothing of this environment's paths."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**clean, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def _lend(site_packages: Path) -> None:
    """Link the files of the run-time dependencies, and of nothing else, into an environment."""
    for name, package in closure("sampan").items():
        if name != "sampan":
            tops = {file.parts[0] for file in package.files or () if file.parts[0] != ".."}
            for top in tops - {"__pycache__"}:
                (site_packages / top).symlink_to(Path(str(package.locate_file(top))))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    _run(*build, folder=ROOT)
    (path,) = folder.glob("sampan-*.whl")
    return path


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a fresh environment with the bare wheel, in an awkward path."""
    folder = tmp_path_factory.mktemp("bare") / "试 验"
    _run(sys.executable, "-m", "venv", "--without-pip", folder, folder=wheel.parent)
    paths = {"base": str(folder), "platbase": str(folder)}
    _lend(Path(sysconfig.get_path("purelib", "venv", vars=paths)))
    python = folder / "bin" / "python"
    offline = ["--no-index", "--no-deps", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel]
    _run(*pip, folder=wheel.parent)
    return folder / "bin"


def test_wheel_holds_every_source_file(wheel: Path) -> None:
    """Schema files, data and the marker for type checkers are not forgotten."""
    kept = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert "sampan/py.typed" in held
    assert held == kept


def test_import_is_light(bare: Path, tmp_path: Path) -> None:
    """`import sampan` loads no web stack, no plotting and nothing that is wanted only later."""
    code = "import sampan, sys; print(*sys.modules, sep='\\n')"
    done = _run(bare / "python", "-W", "error", "-c", code, folder=tmp_path)
    assert sorted({*TOO_HEAVY} & {*done.stdout.splitlines()}) == []


def test_every_public_name_can_be_had(bare: Path, tmp_path: Path) -> None:
    """What `sampan.__all__` promises works without any extra."""
    code = "import sampan; print(len([getattr(sampan, name) for name in sampan.__all__]))"
    done = _run(bare / "python", "-W", "error", "-c", code, folder=tmp_path)
    assert int(done.stdout) > 0


def test_command_solves_and_verifies(bare: Path, tmp_path: Path) -> None:
    """The command that the wheel installs helps, solves the tiny example and verifies the plan."""
    assert "solve" in _run(bare / "sampan", "--help", folder=tmp_path).stdout
    network = ROOT / "examples" / "tiny"
    _run(bare / "sampan", "solve", network, "--out", tmp_path / "plan", folder=tmp_path)
    _run(bare / "sampan", "verify", network, tmp_path / "plan", folder=tmp_path)
    _run(bare / "python", "-m", "sampan", "show", network, tmp_path / "plan", folder=tmp_path)
