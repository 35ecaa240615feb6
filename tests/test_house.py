"""The house rules that matter are tests: sizes, who imports whom, what may be called where, and clean words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import segment_engine
from segment_engine.compiler.operands import class_of
from segment_engine.compiler.operators import LINES
from segment_engine.domain.operators import OPERATORS
from tests.sources import (
    ENGINE,
    PRODUCT,
    PROJECT,
    attributes,
    calls,
    functions,
    imported_modules,
    name_of,
    project_texts,
    python_files,
    string_patterns,
    strings,
    tree_of,
)

# Sizes -------------------------------------------------------------------------------------------------------------

MOST_LINES = 300
MOST_LINES_OF_TESTS = 450  # cases side by side read better than cases apart
MOST_LINES_OF_A_FUNCTION = 40

# Each with its own limit, so that none grows unnoticed, and with its reason.
LONG_FILES = {
    "segment_engine/__init__.py": (700, "the public names, each twice: where it comes from, and that it is public"),
    "segment_engine/domain/criteria.py": (560, "the whole tree of the language; each node is a few lines"),
    "tests/integration/test_readiness.py": (500, "every code of readiness, each really produced"),
    "tests/integration/test_local_postgres.py": (480, "one server, killed and raced in every way there is"),
}
LONG_FUNCTIONS: dict[str, tuple[int, str]] = {
    "tests/property/hostile_tables.py:add_contacts": (50, "one list of columns, in the order of the table"),
}


def test_files_are_short() -> None:
    """A file is one noun; the few that are longer have a reason and a limit of their own."""
    for path in python_files():
        name = name_of(path)
        usual = MOST_LINES_OF_TESTS if name.startswith("tests/") else MOST_LINES
        limit, _ = LONG_FILES.get(name, (usual, ""))
        assert len(path.read_text(encoding="utf-8").splitlines()) <= limit, name


def test_functions_are_short() -> None:
    """A function is one thought."""
    for path in python_files():
        for function in functions(path):
            name = f"{name_of(path)}:{function.name}"
            limit, _ = LONG_FUNCTIONS.get(name, (MOST_LINES_OF_A_FUNCTION, ""))
            assert (function.end_lineno or function.lineno) - function.lineno + 1 <= limit, name


@pytest.mark.parametrize("known", [*LONG_FILES, *(name.partition(":")[0] for name in LONG_FUNCTIONS)])
def test_exceptions_are_real(known: str) -> None:
    """An exception for a file that is gone would hide the next one of that name."""
    assert (PROJECT / known).exists()


def test_names_of_files_say_something() -> None:
    """No file is named after nothing in particular."""
    empty = {"utils", "helpers", "helper", "common", "misc", "manager", "info", "base", "lib"}
    assert [name_of(path) for path in python_files() if path.stem in empty] == []


# Who imports whom --------------------------------------------------------------------------------------------------


def test_import_contracts() -> None:
    """The layers of ARCHITECTURE.md hold: the contracts of pyproject.toml."""
    command = (sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()")
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_domain_needs_nothing_but_python() -> None:
    """What things mean depends on the standard library and on the errors, on nothing else."""
    for path in python_files("segment_engine/domain"):
        for module in imported_modules(path):
            inside = module.startswith("segment_engine.domain") or module == "segment_engine.errors"
            assert inside or module.partition(".")[0] in sys.stdlib_module_names, f"{name_of(path)} imports {module}"


def _importers(package: str, *rooms: str) -> set[str]:
    return {
        name_of(path)
        for path in python_files(*rooms)
        if any(module == package or module.startswith(f"{package}.") for module in imported_modules(path))
    }


def test_streamlit_stays_outside_the_engine() -> None:
    """The engine can be used without pages: only app, pages and auth know Streamlit."""
    assert {name.partition("/")[0] for name in _importers("streamlit", *PRODUCT)} <= {"app.py", "pages", "auth"}


def test_pages_know_public_names_only() -> None:
    """Pages, auth and app import from segment_engine itself, and its errors; never from a room below."""
    for path in python_files("app.py", "pages", "auth"):
        inside = {module for module in imported_modules(path) if module.startswith("segment_engine")}
        assert inside <= {"segment_engine", "segment_engine.errors"}, name_of(path)


# A driver is imported where SQL is made or sent. Everything else needs a reason.
DATABASE_ROOMS = ("segment_engine/db/", "segment_engine/compiler/")
DRIVER_ELSEWHERE = {
    "segment_engine/postgres/local.py": "asks the driver whether a server answers at all",
}


def test_drivers_stay_in_their_rooms() -> None:
    """SQLAlchemy and psycopg are known to db and compiler."""
    found = _importers("sqlalchemy", *PRODUCT) | _importers("psycopg", *PRODUCT)
    assert {name for name in found if not name.startswith(DATABASE_ROOMS)} <= set(DRIVER_ELSEWHERE)


# What may be called where ------------------------------------------------------------------------------------------

EXECUTES = {"segment_engine/db/session.py", "segment_engine/db/migrate.py"}


def test_sql_is_executed_in_one_place() -> None:
    """Only transactions and migrations execute: nothing walks round the organization, the limits and the errors."""
    sends = {"execute", "exec_driver_sql", "executemany", "copy_expert", "cursor"}
    found = {
        name_of(path) for path in python_files(*PRODUCT) for name, _ in calls(path) if name.rpartition(".")[2] in sends
    }
    assert found == EXECUTES


def test_text_becomes_sql_in_one_place() -> None:
    """`text()` is called where the named queries are read, and nowhere else."""
    callers = {
        name_of(path)
        for path in python_files(*PRODUCT)
        if any(module.startswith("sqlalchemy") for module in imported_modules(path))
        for name, _ in calls(path)
        if name in {"text", "sqlalchemy.text"}
    }
    assert callers == {"segment_engine/db/queries.py"}


def test_the_environment_is_read_in_one_place() -> None:
    """Only the settings read the environment, so that every problem is reported at once."""
    readers = {
        name_of(path)
        for path in python_files(*PRODUCT)
        if attributes(path) & {"os.environ", "os.getenv", "os.environb"}
        or any("environ" in {alias.name for alias in node.names} for node in _imports_of_os(path))
    }
    assert readers == {"segment_engine/settings/__init__.py"}


def _imports_of_os(path: Path) -> list[ast.ImportFrom]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom) and node.module == "os"]


def test_the_engine_never_asks_for_the_time() -> None:
    """as_of is given and leases use the database's clock; the demo, which makes up history, is the exception."""
    clocks = {"now", "utcnow", "today", "localtime", "gmtime"}
    for path in python_files("segment_engine"):
        if not name_of(path).startswith("segment_engine/demo/"):
            asked = {name for name, _ in calls(path) if name.rpartition(".")[2] in clocks and "." in name}
            asked |= {name for name, _ in calls(path) if name == "time.time"}
            assert {name for name in asked if not name.endswith("transaction.now")} == set(), name_of(path)


def test_page_files_run_nothing() -> None:
    """A page file only defines: Streamlit may run it before anybody was asked to sign in."""
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    for path in python_files("pages"):
        for node in tree_of(path).body:
            words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            assert isinstance(node, allowed) or words or typing_only, f"{name_of(path)}:{node.lineno}"


def test_pages_show_no_html_and_share_no_data() -> None:
    """No page writes HTML of its own, and nothing is cached across people but the engine itself."""
    for path in python_files("app.py", "pages", "auth"):
        assert "unsafe_allow_html" not in {keyword.arg for _, call in calls(path) for keyword in call.keywords}, (
            name_of(path)
        )
        assert attributes(path).isdisjoint({"st.html", "st.cache_data", "components.html", "st.iframe"}), name_of(path)


def test_every_use_case_asks_for_the_permission_first() -> None:
    """Every public method that takes a context begins with `require`; a forgotten one would be open to everybody."""
    for path in python_files("segment_engine/use_cases"):
        for owner in (node for node in tree_of(path).body if isinstance(node, ast.ClassDef)):
            for method in (node for node in owner.body if isinstance(node, ast.FunctionDef)):
                takes_context = "context" in {argument.arg for argument in method.args.args}
                if takes_context and not method.name.startswith("_"):
                    first = method.body[1] if ast.get_docstring(method) else method.body[0]
                    assert ast.unparse(first).startswith("require(context, Permission."), f"{owner.name}.{method.name}"


# Names and words ---------------------------------------------------------------------------------------------------


def test_public_names_say_what_they_promise() -> None:
    """Whatever the engine exports has a docstring of its own."""
    for name in segment_engine.__all__:
        thing = getattr(segment_engine, name)
        if isinstance(thing, type) or callable(thing):
            words = thing.__doc__ or ""
            generated = words.startswith(f"{name}(")
            assert isinstance(thing, type) is False or (words and not generated), name


def test_public_names_exist_and_are_sorted() -> None:
    """`__all__` holds every name once, and only names that are there."""
    names = list(segment_engine.__all__)
    assert len(names) == len(set(names))
    assert all(hasattr(segment_engine, name) for name in names)


def test_every_test_states_its_promise() -> None:
    """A test without a docstring leaves open what breaks when it does."""
    silent = [
        f"{name_of(path)}:{function.name}"
        for path in python_files("tests")
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_every_exception_to_the_linters_has_a_reason() -> None:
    """Who silences a tool says why, on the same line or in a comment above."""
    silenced = re.compile(r"#\s*(?:noqa(?=:|\s*$)|pyright:\s*ignore(?=\[|\s*$)|type:\s*ignore)(?P<rest>.*)")
    reasoned = re.compile(r"^(?::\s*[A-Z0-9, ]+|\[[\w, ]+\])\s*(?:--?|#)\s*\S+")
    for path in python_files():
        above = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = silenced.search(line)
            explained = not found or reasoned.match(found["rest"]) or above.lstrip().startswith("# ")
            assert path == Path(__file__) or explained, f"{name_of(path)}:{number}"
            above = line


# Written in two halves, so that this file does not contain what it looks for.
FORBIDDEN = [
    re.compile(first + second)
    for first, second in (
        (r"\bTO", r"DO\b"), (r"\bFIX", r"ME\b"), (r"\bX", r"XX\b"),
        ("/wo", "rk/"), ("/ro", "ot/"), ("/ho", r"me/(?!user\b)"), ("/Us", "ers/"),
        (r"\bhouse", r"\.md\b"), (r"\btrust", r"\.md\b"), (r"\bplatform", r"\.md\b"), (r"\blook", r"\.md\b"),
        (r"\bstreamlit", r"\.md\b"),
    )
]  # fmt: skip


def test_the_project_speaks_of_itself_alone() -> None:
    """No unfinished work, no path of one machine, no paper that does not ship."""
    for name, text in project_texts():
        if name not in {"requirements.txt", "tests/test_house.py"}:
            for number, line in enumerate(text.splitlines(), start=1):
                found = [pattern.pattern for pattern in FORBIDDEN if pattern.search(line)]
                assert not found, f"{name}:{number} {line.strip()[:100]}"


def test_code_cites_documents_that_ship() -> None:
    """A comment that names a document names it by its path in the project, and the document is there."""
    for name, text in project_texts():
        if name.endswith((".py", ".sql", ".toml")):
            for cited in re.findall(r"[\w./-]*\w\.md\b", text):
                assert cited.startswith("*") or (PROJECT / cited).exists(), f"{name}: {cited}"


# SQL ---------------------------------------------------------------------------------------------------------------


def test_the_compiler_has_one_line_for_every_positive_operator() -> None:
    """The operator table and the lines of the compiler name the same pairs of operator and class of types."""
    wanted = {
        (operator.key, class_of(kind)) for operator in OPERATORS if not operator.negative for kind in operator.types
    }
    assert set(LINES) == wanted


def _sql_files() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((ENGINE / "db" / "sql").glob("*.sql"))}


def _included(source: str) -> list[str]:
    return re.findall(r"^-- include: ([a-z_]+)$", source, flags=re.MULTILINE)


def _named_queries() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    files = _sql_files()
    fragments = {name for source in files.values() for name in _included(source)}
    for module, source in files.items():
        if module in fragments:
            continue
        pieces = re.split(r"^-- name: ([a-z_]+)\n", source, flags=re.MULTILINE)
        path = ENGINE / "db" / "sql" / f"{module}.sql"
        assert pieces[0].strip() == "", f"{path.name} begins with something that has no name"
        assert len(set(pieces[1::2])) == len(pieces[1::2]), f"{path.name} has a name twice"
        found[path.stem] = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return found


def test_every_query_says_what_it_is_for() -> None:
    """Each named query begins with a comment of purpose, and is one statement."""
    for module, queries in _named_queries().items():
        for name, body in queries.items():
            assert re.match(r"-- \S.*[.:;]?\n", body), f"{module}.{name}"
            bare = re.sub(r"--[^\n]*", "", body).strip().rstrip(";")
            assert ";" not in re.sub(r"'[^']*'", "", bare), f"{module}.{name}"


def test_what_queries_include_is_a_part_and_names_its_organization() -> None:
    """A file that is included holds no named query, begins with its purpose, and stays in one organization."""
    files = _sql_files()
    for fragment in {name for source in files.values() for name in _included(source)}:
        assert re.match(r"-- \S", files[fragment]), fragment
        assert "-- name:" not in files[fragment], fragment
        assert ":organization" in files[fragment], fragment


def _readers(module: str) -> list[Path]:
    """Find the files that load a module's queries, or work with what such a file loaded."""
    loads = f'load_queries("{module}")'
    loaders = [path for path in python_files("segment_engine") if loads in path.read_text(encoding="utf-8")]
    rooms = {path.parent for path in loaders if path.parent not in {ENGINE, ENGINE / "db"}}
    return loaders + [path for room in rooms for path in room.glob("*.py") if path not in loaders]


def test_every_query_is_used() -> None:
    """A query nobody asks is removed."""
    for module, queries in _named_queries().items():
        readers = _readers(module)
        used = {word for path in readers for word in strings(path)}
        # Only names with something of their own in them: `{a}_{b}` would use every query there is.
        built = [each for path in readers for each in string_patterns(path) if re.search(r"[a-z]{4}", each.pattern)]
        idle = {name for name in set(queries) - used if not any(pattern.fullmatch(name) for pattern in built)}
        assert idle == set(), module


def test_every_query_that_is_asked_exists() -> None:
    """A misspelled name is found here and not by the first person who needs it."""
    known = _named_queries()
    for path in python_files("segment_engine"):
        for module, name in _asked(path):
            assert name in known[module], f"{name_of(path)}: {module}.{name}"


def _asked(path: Path) -> list[tuple[str, str]]:
    """Find `QUERIES["name"]` and `load_queries("module")["name"]`, also with a choice between two names."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree_of(path)):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "load_queries":
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            modules[ast.unparse(target) if target else ""] = str(ast.literal_eval(value.args[0]))
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Subscript):
            owner = ast.unparse(node.value)
            direct = re.fullmatch(r"load_queries\('(\w+)'\)", owner)
            module = direct[1] if direct else modules.get(owner)
            parts = () if isinstance(node.slice, ast.JoinedStr) else ast.walk(node.slice)
            names = [each.value for each in parts if isinstance(each, ast.Constant)]
            found += [(module, name) for name in names if module and isinstance(name, str)]
    return found


# The first of the two locks: a query names its organization. These few cannot, for the reason given.
WITHOUT_ORGANIZATION = {
    "people.all_organizations": "the operator's own list, which no page can ask for",
    "people.seats_of_person": "who a person is comes before any organization; it is limited to that person",
    "runs.next_waiting": "a worker takes the next run of anyone; row-level security lets it see runs and turns only",
    "schedules.due_organizations": "a worker takes the organizations with schedules that are due, and enters each",
    "watching.due": "a worker takes the organizations whose time has come; row-level security lets it see no more",
    "metrics.queue": "figures of the whole installation: counts and ages, for whoever runs the workers",
    "metrics.outbox": "the same of messages",
    "retention.due": "a worker takes the organization that was not swept for longest",
    "deliveries.next_due": "a worker takes the oldest message of anyone, and enters that organization with it",
    "doctor.waiting": "how long the oldest run of anybody has waited",
    "installation.everybody": "the operator's own list, which no page can ask for",
    "installation.organizations_of": "each organization of one person gets a line in its own log",
    "invitations.waiting_for": "who is invited comes before any organization; it is limited to their verified address",
}


def _tables_of_tenants() -> frozenset[str]:
    found: set[str] = set()
    for path in (ENGINE / "db" / "migrations").glob("*.sql"):
        tables = re.findall(
            r"^CREATE TABLE (\w+) \((.*?)^\)", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        found |= {name for name, columns in tables if "organization_id" in columns}
    return frozenset(found)


def test_every_query_names_its_organization() -> None:
    """Row-level security is the second lock, never the only one."""
    tables = _tables_of_tenants()
    assert {"contacts", "runs", "seats"} <= tables
    for module, queries in _named_queries().items():
        for name, body in queries.items():
            touched = set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(\w+)", body)) & tables
            named = ":organization" in body or f"{module}.{name}" in WITHOUT_ORGANIZATION
            assert named or not touched - {"organizations"}, f"{module}.{name}"


def test_exceptions_of_queries_are_real() -> None:
    """Every exception above is still a query."""
    known = {f"{module}.{name}" for module, queries in _named_queries().items() for name in queries}
    assert set(WITHOUT_ORGANIZATION) <= known
