"""The plan of the house, kept: imports only go down, and some things have one owner."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "labo_ssg"
FLOORS = [
    {"problems", "packing", "places"},
    {"model", "language"},
    {"formats", "markup", "pages", "pictures", "templating"},
    {"disk", "theme", "forge"},
    {"build", "migrate"},
    {"moderation", "bars"},
    {"inbox"},
    {"preview"},
    {"cli", "__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
INSIDE = {("__main__", "cli"): "`python -m labo_ssg` is the command line by another name"}

OWNERS = {
    "nh3": ["markup/sanitize.py"],
    "jinja2": ["templating/", "theme.py"],
    "yaml": ["formats/"],
    "frontmatter": ["formats/frontmatter.py"],
    "httpx": ["forge/"],
    "markdown": ["markup/markdown.py"],
    "pyromark": ["markup/commonmark.py"],
    "watchdog": ["preview/watch.py"],
    "starlette": ["preview/", "inbox/"],
    "uvicorn": ["preview/", "inbox/"],
    "click": ["cli/"],
    "itsdangerous": ["inbox/tokens.py"],
    "limits": ["inbox/screening/pace.py"],
    "nacl": ["inbox/sealing.py"],
    "prometheus_client": ["inbox/http/metrics.py"],
    "smtplib": ["inbox/outgoing/smtp.py"],
    "PIL": ["pictures/"],
    "dask": ["build/cluster.py"],
    "distributed": ["build/cluster.py"],
    "rich": ["bars.py"],
    "textual": ["moderation/review.py"],
}
CLOCKS = ("cli/", "inbox/app.py", "preview/")
PURE = ("problems.py", "model.py", "language.py", "formats/", "markup/", "pages/", "pictures/")
DISK_AND_NETWORK = {"os", "shutil", "tempfile", "socket", "subprocess", "urllib.request", "http.client"}


def imports_of(module: Path) -> Iterator[str]:
    """Yield the full name of each module that `module` imports, inside functions too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def broken_floors(package: Path) -> list[str]:
    """Return each import of a room of the same floor or of one above."""
    wrong = []
    for module in sorted(package.rglob("*.py")):
        room = module.relative_to(package).parts[0].removesuffix(".py")
        for name in imports_of(module):
            parts = name.split(".")
            other = parts[1] if parts[0] == "labo_ssg" and len(parts) > 1 else room
            if other != room and FLOOR[other] >= FLOOR[room] and (room, other) not in INSIDE:
                wrong.append(f"{module.relative_to(package).as_posix()} imports {other}")
    return wrong


def broken_ownerships(package: Path) -> list[str]:
    wrong = []
    for module in sorted(package.rglob("*.py")):
        path = module.relative_to(package).as_posix()
        for name in imports_of(module):
            owners = OWNERS.get(name.split(".")[0], [path])
            if not path.startswith(tuple(owners)):
                wrong.append(f"{path} imports {name.split('.')[0]}")
    return wrong


def circles(package: Path) -> list[str]:
    """Return a module of each circle of imports."""
    modules = {}
    for module in package.rglob("*.py"):
        path = module.relative_to(package.parent).with_suffix("")
        modules[".".join(path.parts).removesuffix(".__init__")] = module
    uses = {
        name: {used for full in imports_of(module) if (used := _known(full, modules)) and used != name}
        for name, module in modules.items()
    }
    while free := [name for name, used in uses.items() if not used & uses.keys()]:
        for name in free:
            del uses[name]
    return sorted(uses)


def _known(name: str, modules: dict[str, Path]) -> str:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name if name != "labo_ssg" else ""


def calls_of(module: Path, *names: str) -> Iterator[int]:
    """Yield the lines on which `module` calls a method of one of `names`, or a function `name()`."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else f"{getattr(called, 'id', '')}()"
            if name in names:
                yield node.lineno


def test_every_room_is_in_the_plan() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert rooms - {"__init__"} <= FLOOR.keys()


def test_imports_only_go_down() -> None:
    assert broken_floors(PACKAGE) == []


def test_each_library_has_its_owner() -> None:
    assert broken_ownerships(PACKAGE) == []


def test_no_circle_of_imports() -> None:
    assert circles(PACKAGE) == []


@pytest.mark.parametrize(
    ("room", "line", "finder", "found"),
    [
        ("markup", "from labo_ssg.disk.files import walk", broken_floors, "markup/planted.py imports disk"),
        ("pages", "from labo_ssg.markup import body", broken_floors, "pages/planted.py imports markup"),
        ("pages", "def f():\n    from labo_ssg import theme", broken_floors, "pages/planted.py imports theme"),
        ("disk", "import labo_ssg.build.build", broken_floors, "disk/planted.py imports build"),
        ("pages", "import jinja2.sandbox", broken_ownerships, "pages/planted.py imports jinja2"),
        ("build", "from nh3 import clean", broken_ownerships, "build/planted.py imports nh3"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, room: str, line: str, finder: object, found: str) -> None:
    (tmp_path / room).mkdir()
    (tmp_path / room / "planted.py").write_text(f"{line}\n", encoding="utf-8")
    assert callable(finder)
    assert finder(tmp_path) == [found]


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    package = tmp_path / "labo_ssg"
    package.mkdir()
    (package / "one.py").write_text("from labo_ssg import two\n", encoding="utf-8")
    (package / "two.py").write_text("from labo_ssg.one import x\n", encoding="utf-8")
    assert circles(package) == ["labo_ssg.one", "labo_ssg.two"]


def test_only_the_edges_read_the_clock() -> None:
    wrong = [
        f"{path}:{line}"
        for module in PACKAGE.rglob("*.py")
        if not (path := module.relative_to(PACKAGE).as_posix()).startswith(CLOCKS)
        for line in calls_of(module, "now", "utcnow", "today")
    ]
    assert wrong == []


def test_the_pure_rooms_touch_no_disk_and_no_network() -> None:
    wrong = []
    for module in PACKAGE.rglob("*.py"):
        path = module.relative_to(PACKAGE).as_posix()
        if path.startswith(PURE) and not path.endswith("__main__.py"):
            wrong += [f"{path} imports {name}" for name in imports_of(module) if name in DISK_AND_NETWORK]
            wrong += [f"{path}:{line} opens a file" for line in calls_of(module, "read_text", "write_text", "open()")]
    assert wrong == []


def test_init_files_are_empty() -> None:
    assert [path for path in PACKAGE.rglob("__init__.py") if path.read_text(encoding="utf-8").strip()] == []
