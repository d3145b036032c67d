"""Jinja's environment, with less to do for each page. What templates may say, and what they give, stays Jinja's own."""

import re
from collections.abc import Callable, Iterator, MutableMapping
from gettext import NullTranslations
from typing import Any

import markupsafe
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from labo_ssg.model import Html

_ESCAPED: Callable[[str], str] = getattr(markupsafe, "_escape_inner", escape)  # what `escape` itself calls
_PLACES = re.compile(r"%\((\w+)\)s")
SAYING = frozenset({"_", "gettext"})  # the functions that give the words of the site's language


class Scope(Context):
    """The names that a template sees. It calls a macro at once: Jinja asks each time what kind of thing it calls."""

    @internalcode
    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - any name may be a keyword
        """Return what `__obj` gives."""
        if type(__obj) is not Macro:
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(__self.eval_ctx, *args, **kwargs)


def shown(value: Any) -> str:
    """Return `value` as HTML shows it: what MarkupSafe's `escape` gives, but not in a type that says so."""
    kind = type(value)
    if kind is str:
        return _ESCAPED(value)
    return value if kind is Html or kind is Markup else escape(value)


class Gathering(CodeGenerator):
    """Writes the Python of a template so that each of its blocks hands over all that it prints at once.

    Jinja's own hands each bit from a partial to what includes it, and on to what includes that.
    """

    _outermost = ""  # the list in which a block gathers what it prints

    def write_commons(self) -> None:
        """Begin the Python of a block."""
        super().write_commons()
        self.writeline("escape = environment.shown")

    def enter_frame(self, frame: Frame) -> None:
        """Begin a block, a macro, a loop …"""
        super().enter_frame(frame)
        if frame.parent is None:
            self.buffer(frame)
            self._outermost = frame.buffer or ""

    def leave_frame(self, frame: Frame, with_python_scope: bool = False) -> None:
        """End what `enter_frame` began."""
        if frame.parent is None:
            self._hand_over()
        super().leave_frame(frame, with_python_scope)

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:  # noqa: N802 - as Jinja has it
        """Include a template; what comes `without context` does not go through a list."""
        if not node.with_context:
            self._hand_over()
            self.writeline(f"{self._outermost}.clear()")
        super().visit_Include(node, frame)

    def _hand_over(self) -> None:
        self.writeline(f"yield concat({self._outermost})")


class Engine(Environment):
    """The environment of one site: its globals are set before the first template is read, and stay."""

    context_class = Scope
    code_generator_class = Gathering
    shown = staticmethod(shown)

    def __init__(self, translations: NullTranslations, **options: Any) -> None:
        super().__init__(extensions=["jinja2.ext.i18n"], auto_reload=False, **options)
        self.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined] # i18n adds it
        self._translations = translations
        self._loaded: dict[str, Template] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: the same for all, which Jinja would copy from a chain for each page."""
        return super().make_globals(d) if d else self.globals

    @internalcode
    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:  # noqa: A002
        """Return a template; Jinja would look for those that it has under a lock."""
        if globals or name not in self._loaded:
            self._loaded[name] = super()._load_template(name, globals)
        return self._loaded[name]

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:
        """Return the Python of a template with its words in the language of the site, looked up here once."""
        if SAYING.isdisjoint(_names_given(source)):
            source = _Words(self._translations).visit(source)
        return super()._generate(source, *args, **options)


class _Words(NodeTransformer):
    """Puts the words of the site's language in place of each `_("…")`, or what fills them in."""

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 - as Jinja has it
        """Return what prints the same, without a step that only fills words in."""
        self.generic_visit(node)
        node.nodes = [part for one in node.nodes for part in _parts(one)]
        return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802 - as Jinja has it
        """Return the same: it wants a call."""
        call = node.call
        self.generic_visit(node)
        node.call = call
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja has it
        """Return what does the same as a call, sooner."""
        self.generic_visit(node)
        words = _words_asked(node)
        if words is None:
            return node
        said = self._translations.gettext(words)
        if node.kwargs:
            parts = [nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs]
            return nodes.Mod(nodes.TemplateData(said), nodes.Dict(parts), lineno=node.lineno)
        try:
            return nodes.TemplateData(said % {}, lineno=node.lineno)
        except (KeyError, TypeError, ValueError):  # "100 %": told when it is rendered
            return node


def _parts(node: nodes.Expr) -> list[nodes.Expr]:
    """Return the parts of words that `_Words` has filled in, in their order; another expression as it is."""
    if not isinstance(node, nodes.Mod):
        return [node]
    words, filled = node.left, node.right
    if not isinstance(words, nodes.TemplateData) or not isinstance(filled, nodes.Dict):
        return [node]
    values = {str(pair.key.as_const()): pair.value for pair in filled.items}
    pieces = _PLACES.split(words.data)
    if sorted(pieces[1::2]) != sorted(values) or any("%" in text.replace("%%", "") for text in pieces[::2]):
        return [node]
    parts = []
    for at, piece in enumerate(pieces):
        if at % 2:
            parts.append(values[piece])
        elif piece:
            parts.append(nodes.TemplateData(piece.replace("%%", "%"), lineno=node.lineno))
    return parts


def _words_asked(node: nodes.Call) -> str | None:
    """Return the words that a call of `_` asks for; None where it is another call, or known only to a page."""
    if not isinstance(node.node, nodes.Name) or node.node.name not in SAYING:
        return None
    if len(node.args) != 1 or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    [words] = node.args
    return words.value if isinstance(words, nodes.Const) and isinstance(words.value, str) else None


def _names_given(tree: nodes.Template) -> Iterator[str]:
    """Yield the names that a template gives to things of its own."""
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load":
            yield name.name
    for macro in tree.find_all(nodes.Macro):
        yield macro.name
    for module in tree.find_all(nodes.Import):
        yield module.target
    for some in tree.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in some.names)
