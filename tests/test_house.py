"""The house in order: one name for one thing, no two files that import each other, every public name documented."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from unroll import recipe
from unroll.engine import inspect
from unroll.network import bptt, cells
from unroll.recipe import CellName
from unroll.terminal import help_texts

SOURCE = Path(__file__).parents[1] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
    for path in sorted((SOURCE / "unroll").rglob("*.py"))
}
DOCUMENTED = ("unroll.network.", "unroll.protocol.", "unroll.client.", "unroll.tty.")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(body: list[ast.stmt]) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def imported(module: str) -> set[str]:
    """The modules of ours that a module imports, those inside functions too, but none for type hints alone."""
    hints = [
        node
        for node in ast.walk(MODULES[module])
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    skipped = {id(inner) for block in hints for inner in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(MODULES[module]):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {node.module}
    return found & MODULES.keys()


def test_no_two_public_classes_share_a_name() -> None:
    names = Counter(
        node.name for tree in MODULES.values() for node in public(tree.body) if isinstance(node, ast.ClassDef)
    )
    assert {name for name, times in names.items() if times > 1} == set()


def test_no_two_files_import_each_other() -> None:
    imports = {module: imported(module) for module in MODULES}
    assert {(a, b) for a in imports for b in imports[a] if a < b and a in imports[b]} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(DOCUMENTED)])
def test_every_public_name_has_a_docstring(module: str) -> None:
    tree = MODULES[module]
    assert ast.get_docstring(tree), "the module itself"
    assert list(undocumented(tree)) == []


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public names without a docstring. A method that implements one of a base class has the base's."""
    bases = {node.name: node for other in MODULES.values() for node in other.body if isinstance(node, ast.ClassDef)}
    for node in public(tree.body):
        if ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef):
            said = inherited(node, bases)
            yield from (
                f"{node.name}.{method.name}"
                for method in public(node.body)
                if ast.get_docstring(method) is None and method.name not in said
            )


def inherited(node: ast.ClassDef, bases: dict[str, ast.ClassDef]) -> set[str]:
    """The public methods that a class's bases define in this program."""
    found: set[str] = set()
    for base in node.bases:
        name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        if name in bases:
            found |= {method.name for method in public(bases[name].body)} | inherited(bases[name], bases)
    return found


def test_every_table_of_cells_has_every_cell() -> None:
    kinds = set(get_args(CellName))
    assert {*cells.CELLS} == {*recipe.BLOCKS} == {*help_texts.STEP} == {*help_texts.GATES} == kinds
    assert {*bptt.BACK} == {*cells.CELLS.values()}
    assert {letter for cell in cells.CELLS.values() for letter in cell.gate_names} == {*inspect.GATES}
