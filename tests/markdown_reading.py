"""Follows texts through the pages: which of those that people typed reach an element that reads Markdown, unescaped.

What a person typed comes in as an attribute of the engine that holds text, as session state, as an address, as a typed
field or as an error. It is followed through variables, parameters, loops and functions, up to `plain()`, which ends it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.sources import dotted, name_of, python_files

# What reads Markdown, and in which of its arguments: the positions, and the names beside those of every element.
FIRST = (0,)
ELEMENTS: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys(
        ("markdown", "caption", "title", "header", "subheader", "badge", "toast", "error", "warning", "info", "success",
         "expander", "popover", "button", "checkbox", "toggle", "selectbox", "multiselect", "text_input", "text_area",
         "number_input", "date_input", "time_input", "datetime_input", "slider", "file_uploader", "download_button",
         "link_button", "dialog", "status", "spinner", "tabs", "write"),
        (FIRST, ()),
    ),
    **dict.fromkeys(("radio", "segmented_control", "pills", "menu_button", "select_slider"),
                    ((0, 1), ("options", "format_func", "captions"))),
    "metric": ((0, 1, 2), ("value", "delta")), "progress": ((1,), ()), "image": ((), ("caption",)),
    **dict.fromkeys(("page_link", "text", "code", "pagination", "Page"), ((), ())),
}  # fmt: skip
EVERYWHERE = frozenset({"label", "body", "title", "help", "text"})
# Ends what a person typed, or never held any: figures, times, lengths.
ENDS = frozenset(
    {"number", "percent", "seconds", "signed", "exact", "ago", "len", "int", "float", "round", "sum", "abs"}
    | {"bool", "any", "all", "range", "hash", "isinstance", "page", "refusal", "timedelta"}
)
PASSES = frozenset({"str", "sorted", "list", "tuple", "set", "dict", "reversed", "next", "min", "max", "map", "filter"})
TEXT_METHODS = frozenset(dir(str)) | {"sub", "get", "pop", "append"}
TYPED = frozenset({"text_input", "text_area"})
STATES = frozenset({"st.session_state", "st.query_params"})
# Attributes of the engine that hold text, but text of ours: a closed list, a word of the program, or checked on entry.
OURS: Mapping[str, str] = {
    "time_zone": "the name of a zone, checked when it is set",
    "currency": "three capital letters, checked",
    "place.title": "a title of app.py",
    "spot.label": "“Condition 1.2”, for those who listen",
    "self.label": "as above",
    "tested.label": "as above",
    "each.words": "which rows a filter asks for, in our words",
    "figure.text": "a count",
    "role.label": "a part of a file, in our words",
    "role.note": "as above",
    "kind.label": "as above",
    "kind.note": "as above",
    "cause.title": "a cause of failure, in our words",
    "cause.how": "as above",
    "cause.who": "as above",
    "template.name": "a template that ships",
    "template.sentence": "as above",
    "rate.of": "a rate, in our words",
    "rate.word": "as above",
    "each.channel": "one of the channels",
    "draft.step": "one of the steps of an import",
    "kind.value": "an enumeration",
    "state.value": "an enumeration",
    "role.value": "an enumeration",
    "FOLD.value": "an enumeration",
    "EXACT.value": "an enumeration",
    "sign_in.sentence": "a sentence of the gate",
    "IMPORT_KINDS.label": "what a file holds, in our words",
}
DEEPEST = 12

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Environment = Mapping[str, tuple[ast.expr, "Place"]]


@dataclass(frozen=True, eq=False)
class Place:
    """Where an expression stands: its function, if any, what that was called with, and the place around it."""

    file: str
    function: Node | None = None
    given: Environment = field(default_factory=dict[str, tuple[ast.expr, "Place"]])
    around: Place | None = None


@dataclass(frozen=True)
class Finding:
    """A text of a person in an element that reads Markdown. Shape: `text` is how it is written in the source."""

    where: str
    element: str
    text: str


def texts_of_the_engine() -> frozenset[str]:
    """Name the attributes and properties of the engine that hold text, and are not known to be our own."""
    found: set[str] = set()
    for path in python_files("segment_engine"):
        for owner in (each for each in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(each, ast.ClassDef)):
            for member in owner.body:
                if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                    said, name = ast.unparse(member.annotation), member.target.id
                elif isinstance(member, ast.FunctionDef) and member.returns and "property" in _decorators(member):
                    said, name = ast.unparse(member.returns), member.name
                else:
                    continue
                if re.search(r"\bstr\b", said):
                    found.add(name)
    return frozenset(found)


def _decorators(function: ast.FunctionDef) -> set[str]:
    return {dotted(each.func if isinstance(each, ast.Call) else each) for each in function.decorator_list}


class Pages:
    """Every function of the pages by its name, and everywhere it is called. `escape` ends a text."""

    def __init__(self, sources: Mapping[str, str] | None = None, *, escape: str | None = "plain") -> None:
        texts = sources or {name_of(path): path.read_text("utf-8") for path in python_files("app.py", "pages", "auth")}
        self.trees = {name: ast.parse(text) for name, text in texts.items()}
        self._ends = ENDS | ({escape, f"{escape}_badge"} if escape else set[str]())
        self.functions: dict[str, list[ast.FunctionDef]] = {}
        self.constants: dict[str, ast.expr] = {}
        self.calls: dict[str, list[tuple[ast.Call, Place]]] = {}
        self._inside: dict[ast.AST, Place] = {}
        for name, tree in self.trees.items():
            self._take(tree, Place(name))
        self._following: set[tuple[ast.AST, Place]] = set()

    @cached_property
    def texts(self) -> frozenset[str]:
        """The attributes that hold what people typed."""
        return texts_of_the_engine()

    def _take(self, node: ast.AST, place: Place) -> None:
        for child in ast.iter_child_nodes(node):
            inner = place
            if isinstance(child, ast.FunctionDef | ast.Lambda):
                inner = Place(place.file, child, around=place)
                if isinstance(child, ast.FunctionDef):
                    self.functions.setdefault(_known_as(child.name, place.file), []).append(child)
            elif isinstance(child, ast.Call) and not _of_a_library(child):
                self.calls.setdefault(_known_as(_last(child), place.file), []).append((child, place))
            elif isinstance(child, ast.Assign | ast.AnnAssign) and place.function is None and child.value:
                for target in child.targets if isinstance(child, ast.Assign) else [child.target]:
                    if isinstance(target, ast.Name):
                        self.constants[_known_as(target.id, place.file)] = child.value
            self._inside[child] = place
            self._take(child, inner)

    def findings(self) -> Iterator[Finding]:
        """Give every text of a person that reaches an element unescaped, and where it stands."""
        for name, tree in self.trees.items():
            for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
                for argument in _read_arguments(call):
                    for text in sorted(self.follow(argument, self._inside[call])):
                        yield Finding(f"{name}:{argument.lineno}", _last(call), text)

    # Following --------------------------------------------------------------------------------------------------

    def follow(self, node: ast.AST | None, place: Place, depth: int = 0) -> set[str]:
        """Name what people typed that can be in the value of an expression."""
        if node is None or depth > DEEPEST or (node, place) in self._following:
            return set()
        self._following.add((node, place))
        try:
            return self._follow(node, place, depth + 1)
        finally:
            self._following.discard((node, place))

    def _follow(self, node: ast.AST, place: Place, depth: int) -> set[str]:
        if isinstance(node, ast.Attribute):
            said = _said(node)
            ours = any(f".{said}".endswith(f".{known}") for known in OURS)
            return {said} if said in STATES or (node.attr in self.texts and not ours) else set()
        if isinstance(node, ast.Name):
            return self._name(node.id, place, depth)
        if isinstance(node, ast.Call):
            return self._call(node, place, depth)
        if isinstance(node, ast.Lambda):
            return self.follow(node.body, Place(place.file, node, around=place), depth)
        return self._all(_parts(node), place, depth)

    def _all(self, nodes: Iterable[ast.AST], place: Place, depth: int) -> set[str]:
        return {text for node in nodes for text in self.follow(node, place, depth)}

    def _call(self, call: ast.Call, place: Place, depth: int) -> set[str]:
        name = _last(call)
        answers = call.args[1:] if name in {"get", "pop"} else call.args  # what is looked up is not in the answer
        values = [*answers, *(keyword.value for keyword in call.keywords)]
        if name in self._ends:
            return set()
        if name in TYPED and dotted(call.func).startswith("st."):
            return {f"{dotted(call.func)}(…)"}
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if _of_a_library(call):
            return self.follow(owner, place, depth) if _said(call.func).startswith(tuple(STATES)) else set()
        known_as = _known_as(name, place.file)
        if known_as in self.functions:
            return self._called(known_as, call, place, depth)
        if name in PASSES or owner is not None:
            of_texts = {*self._all(values, place, depth)} if name in PASSES or name in TEXT_METHODS else set[str]()
            return of_texts | self.follow(owner, place, depth)
        return set()

    def _called(self, name: str, call: ast.Call, place: Place, depth: int) -> set[str]:
        found: set[str] = set()
        for function in (each for each in self.functions[name] if _can_be_of(each, call)):
            given = {parameter: (value, place) for parameter, value in _matched(function, call)}
            around = self._inside[function]
            inner = Place(around.file, function, given, around)
            for node in ast.walk(function):
                if isinstance(node, ast.Return | ast.Yield) and self._inside[node].function is function:
                    found |= self.follow(node.value, inner, depth)
        return found

    def _name(self, name: str, asked: Place, depth: int) -> set[str]:
        place: Place | None = asked
        while place is not None and place.function is not None:
            if name in place.given:
                return self.follow(*place.given[name], depth)
            found, known = self._bound(name, place, depth)
            if known:
                return found
            if name in _parameters(place.function):
                return self._asked(name, place, depth)
            place = place.around
        return self.follow(self.constants.get(_known_as(name, asked.file)), Place(asked.file), depth)

    def _asked(self, name: str, place: Place, depth: int) -> set[str]:
        """Follow a parameter to every call of its function; a callback of a list of options has none."""
        if not isinstance(place.function, ast.FunctionDef) or place.given:
            return set()
        found: set[str] = set()
        for call, caller in self.calls.get(_known_as(place.function.name, place.file), []):
            own = caller.file == place.file or dotted(call.func) != f"self.{place.function.name}"
            if own and _can_be_of(place.function, call):
                for parameter, value in _matched(place.function, call):
                    if parameter == name:
                        found |= self.follow(value, caller, depth)
        return found

    def _bound(self, name: str, place: Place, depth: int) -> tuple[set[str], bool]:
        """Follow every binding of a name inside its function: assignments, loops, errors."""
        found: set[str] = set()
        known = False
        function = place.function
        assert function is not None
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler) and node.name == name:
                return {f"str({name})"}, True
            for target, value, unpacked in _bindings(node):
                if _names(name, target):
                    known = True
                    for part in _part(name, target, value, unpacked=unpacked):
                        found |= self.follow(part, place, depth)
        return found, known


def _known_as(name: str, file: str) -> str:
    """Give the name of a function or constant among all files; a private one is known in its own only."""
    return f"{file}:{name}" if name.startswith("_") else name


def _said(node: ast.expr) -> str:
    """Write a chain of attributes; what is taken out of a table is named after the table."""
    if isinstance(node, ast.Attribute):
        return f"{_said(node.value)}.{node.attr}"
    return _said(node.value) if isinstance(node, ast.Subscript) else dotted(node)


def _can_be_of(function: ast.FunctionDef, call: ast.Call) -> bool:
    """Tell whether a call may mean this function: a method is only called on something."""
    is_method = [each.arg for each in function.args.args[:1]] in (["self"], ["cls"])
    return isinstance(call.func, ast.Attribute) or not is_method


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)


def _of_a_library(call: ast.Call) -> bool:
    """Tell whether a call goes to Streamlit itself or to the engine, whose answers are known by their attributes."""
    start: ast.expr = call.func
    while isinstance(start, ast.Attribute):
        start = start.value
    inner = start.func if isinstance(start, ast.Call) else start
    return isinstance(call.func, ast.Attribute) and dotted(inner) in {"st", "running_engine", "engine"}


def _is_figure(value: ast.FormattedValue) -> bool:
    return (
        bool(value.format_spec)
        and re.search(r"[,d%fgx]", ast.unparse(value.format_spec or ast.Constant(""))) is not None
    )


def _read_arguments(call: ast.Call) -> Iterator[ast.expr]:
    name = _last(call)
    if name in ELEMENTS and (isinstance(call.func, ast.Attribute)):
        places, names = ELEMENTS[name]
        yield from (value for place, value in enumerate(call.args) if place in places)
        yield from (each.value for each in call.keywords if each.arg in EVERYWHERE or each.arg in names)
    elif name.endswith("Column"):
        yield from (each.value for each in call.keywords if each.arg == "help")


def _parameters(function: Node) -> list[str]:
    told = function.args
    return [each.arg for each in (*told.posonlyargs, *told.args, *told.kwonlyargs)] + (
        [told.vararg.arg] if told.vararg else []
    )


def _matched(function: ast.FunctionDef, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Pair the parameters of a function with what a call gives for them; what is left out has its default."""
    told = function.args
    names = [each.arg for each in (*told.posonlyargs, *told.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    defaults = dict(zip(reversed(names), reversed(told.defaults), strict=False))
    defaults |= {each.arg: value for each, value in zip(told.kwonlyargs, told.kw_defaults, strict=True) if value}
    given = dict(zip(names, call.args, strict=False))
    given |= {each.arg: each.value for each in call.keywords if each.arg}
    yield from (defaults | given).items()
    if told.vararg:
        yield from ((told.vararg.arg, value) for value in call.args[len(names) :])


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Give what a node binds: the target, the value, and whether the target is an element of the value."""
    match node:
        case ast.Assign():
            yield from ((target, node.value, False) for target in node.targets)
        case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr():
            if node.value is not None:
                yield node.target, node.value, False
        case ast.For() | ast.comprehension():
            yield node.target, node.iter, True
        case _:
            return


def _part(name: str, target: ast.expr, value: ast.expr, *, unpacked: bool) -> Iterator[ast.expr]:
    """Choose the part of a value that a name is bound to, where the source shows which."""
    if not unpacked:
        pairs = _pairs(target, value)
    elif isinstance(value, ast.Tuple | ast.List):
        pairs = [(target, element) for element in value.elts]
    else:
        yield from _of_each(name, target, value)
        return
    if pairs is None:
        yield value
        return
    for each, part in pairs:
        if _names(name, each):
            yield from _part(name, each, part, unpacked=False)


def _of_each(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """Choose the side of a `zip` or an `enumerate` that a name takes its elements from."""
    sides: list[ast.expr] = []
    if isinstance(value, ast.Call) and _last(value) in {"zip", "enumerate"}:
        sides = value.args if _last(value) == "zip" else [ast.Constant(0), *value.args[:1]]
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(sides):
        yield value
        return
    for each, side in zip(target.elts, sides, strict=True):
        if _names(name, each):
            yield from _part(name, each, side, unpacked=True)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return None


def _names(name: str, target: ast.expr) -> bool:
    return name in {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    """Give the parts whose texts are in the value of an expression; the test of a choice is not."""
    match node:
        case ast.FormattedValue():
            return () if _is_figure(node) else (node.value,)
        case ast.IfExp():
            return node.body, node.orelse
        case ast.Dict():
            return node.values
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return (node.elt,)
        case ast.Subscript() | ast.DictComp() | ast.NamedExpr() | ast.Starred():
            return (node.value,)
        case ast.JoinedStr() | ast.BinOp() | ast.BoolOp() | ast.Tuple() | ast.List() | ast.Set():
            return ast.iter_child_nodes(node)
        case _:
            return ()
