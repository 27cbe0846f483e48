"""The platform's import rules that a layer list cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import sampan_platform

ROOT = Path(sampan_platform.__file__).parent
STAGES = ("catalogue", "ledger", "collect", "count", "requests", "analyse", "monitor", "dispatch",
          "track")  # fmt: skip
OPEN_TO_ALL = ("selectors", "services", "providers", "apps")
"""Rooms of a stage that other stages may enter."""
DERIVED = ("count",)
"""Stages whose rows are derived from others' and rebuilt by a command: they may go with them."""
ROOMS = {"api": 4, "views": 4, "tasks": 3, "services": 2, "selectors": 1, "models": 0}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Modules of the platform that a file imports at run time, with the line."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sampan_platform"):
            for name in node.names:
                full = f"{node.module}.{name.name}"
                is_module = (ROOT.parent / (full.replace(".", "/") + ".py")).exists() or (
                    ROOT.parent / full.replace(".", "/")
                ).is_dir()
                yield (full if is_module else str(node.module)), node.lineno
        elif isinstance(node, ast.Import):
            yield from (
                (name.name, node.lineno)
                for name in node.names
                if name.name.startswith("sampan_platform")
            )


def own_files(stage: str) -> list[Path]:
    return [path for path in (ROOT / stage).rglob("*.py") if "migrations" not in path.parts]


def test_a_stage_never_imports_another_ones_models() -> None:
    """Across stages only selectors, services and providers: who owns rows owns their rules."""
    found = []
    for stage in STAGES:
        for path in own_files(stage):
            for module, line in imports(path):
                parts = module.split(".")[1:]
                other = parts[0] if parts and parts[0] in STAGES else stage
                if other != stage and (len(parts) < 2 or parts[1] not in OPEN_TO_ALL):
                    found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not found, "\n".join(found)


def test_rooms_of_a_stage_import_downwards() -> None:
    """api | views → services → selectors → models, within each stage."""
    found = []
    for stage in STAGES:
        for path in own_files(stage):
            mine = ROOMS.get(path.stem)
            for module, line in imports(path):
                parts = module.split(".")[1:]
                if mine is None or len(parts) < 2 or parts[0] != stage:
                    continue
                if ROOMS.get(parts[1], -1) > mine:
                    found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not found, "\n".join(found)


def test_every_stage_was_looked_at() -> None:
    """The walk above sees every stage's files."""
    assert all(own_files(stage) for stage in STAGES)


def test_foreign_keys_across_stages_are_texts_and_protect() -> None:
    """A row of another stage is referred to, never owned: deleting it must be refused."""
    from django.apps import apps

    found = []
    for config in apps.get_app_configs():
        if not config.name.startswith("sampan_platform."):
            continue
        for model in config.get_models():
            for field in model._meta.get_fields():
                remote = getattr(field, "remote_field", None)
                if not field.concrete or remote is None or remote.model == model:
                    continue
                other = remote.model._meta.app_label
                if other == "auth" or config.label in DERIVED:
                    continue
                rule = getattr(remote, "on_delete", None)
                if other != config.label and getattr(rule, "__name__", "") != "PROTECT":
                    found.append(f"{model.__name__}.{field.name} → {other}: {rule}")
    assert not found, "\n".join(found)
