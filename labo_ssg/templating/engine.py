"""Jinja's environment, with less to do for each page. What templates may say, and what they give, stays Jinja's own."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cache
from gettext import NullTranslations
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import markupsafe
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode, missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from msgspec import Struct

from labo_ssg.model import Html

_ESCAPED: Callable[[str], str] = getattr(markupsafe, "_escape_inner", escape)  # what `escape` itself calls
_PLACES = re.compile(r"%\((\w+)\)s")
SAYING = frozenset({"_", "gettext"})  # the functions that give the words of the site's language


_PLAIN = frozenset({BuiltinFunctionType, FunctionType, MethodType, type(cache(len))})  # kinds of what is simply called


class Scope(Context):
    """The names that a template sees. It calls at once what is plain: Jinja asks each time what it is."""

    @internalcode
    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - any name may be a keyword
        """Return what `__obj` gives."""
        kind = type(__obj)
        if kind is not Macro and (kind not in _PLAIN or hasattr(__obj, "jinja_pass_arg")):
            return super().call(__obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        if kind is Macro:
            return __self._filled(__obj, args, kwargs)
        try:
            return __obj(*args, **kwargs)
        except StopIteration:
            return __self.environment.undefined("what was called raised StopIteration")

    def _filled(self, macro: Macro, args: tuple[Any, ...], named: dict[str, Any]) -> str:
        """Return what a macro prints; most are simple, and given no more than what they ask for."""
        lacks = macro._argument_count - len(args)
        if named or lacks < 0 or macro.caller or macro.catch_kwargs or macro.catch_varargs:
            return macro(self.eval_ctx, *args, **named)
        text = macro._func(*args, *[missing] * lacks)
        return Markup(text) if self.eval_ctx.autoescape else text  # noqa: S704 - as Jinja has it

    @internalcode
    def included(self, name: str, local: Mapping[str, Any]) -> str:
        """Return what the template `name` prints where it is included: it sees the same names, and the `local` ones."""
        template = self.environment.get_template(name)
        names = {**self.parent, **self.vars}
        names.update(one for one in local.items() if one[1] is not missing)
        scope = Scope(self.environment, names, template.name, template.blocks)
        return self.environment.concat(template.root_render_func(scope))


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

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - as Jinja has it
        """Read an attribute here; what is none, a key of a mapping say, Jinja looks for."""
        thing, found = self.temporary_identifier(), self.temporary_identifier()
        self.write(f"({found} if ({found} := getattr(({thing} := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing else environment.getattr({thing}, {node.attr!r}))")

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:  # noqa: N802 - as Jinja has it
        """Include a template; what comes `without context` does not go through a list."""
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if isinstance(name, str) and node.with_context and not node.ignore_missing:
            self.start_write(frame, node)
            self.write(f"context.included({name!r}, {self.dump_local_context(frame)})")
            self.end_write(frame)
            return
        if not node.with_context:
            self._hand_over()
            self.writeline(f"{self._outermost}.clear()")
        super().visit_Include(node, frame)

    def _hand_over(self) -> None:
        self.writeline(f"yield concat({self._outermost})")


class Sheet(Template):
    """A template. All have the same globals: a module of macros is the same for all that import it."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """Return the module; Jinja compares globals each time."""
        return self._module or super()._get_default_module(ctx)


class Engine(Environment):
    """The environment of one site: its globals are set before the first template is read, and stay."""

    context_class = Scope
    code_generator_class = Gathering
    template_class = Sheet
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
    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> Template:
        """Return a template; Jinja would look for those that it has under a lock."""
        if globals or isinstance(name, Template):
            return super().get_template(name, parent, globals)
        try:
            return self._loaded[name]
        except KeyError:
            found = self._loaded[name] = super().get_template(name, parent)
            return found

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return what `obj` has under a name; Jinja's filters ask so for attributes, and a noun has nothing else."""
        is_named = isinstance(obj, Struct) and isinstance(argument, str)
        return self.getattr(obj, argument) if is_named else super().getitem(obj, argument)

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
