"""Names of values and legs, and what is returned."""

from __future__ import annotations

import re
from dataclasses import replace

from diagram.language.core import Node, Program, nodes
from frontend.edit.add import NAME, declared, refuse_name, value_at
from frontend.edit.draft import Draft, Refused, letters, relettered, with_nodes
from frontend.edit.legs import chain


def rename(draft: Draft, path: str, text: str) -> None:
    """Another name for a value, or another letter for a leg or an edge."""
    text = text.strip()
    if ":" in path:
        name, _, letter = path.rpartition(":")
        _reletter(draft, name, letter, text)
    elif path in draft.sources or path in draft.lets or path.count("/") == 1:
        value = path
        if path.partition("/")[0] in draft.lets:
            value = value_at(draft, path)
        if value in draft.sources or value in draft.lets:
            _rename_value(draft, value, text)
        else:
            _redeclare(draft, path, text)
    else:
        here = chain(draft, path)[-1] if "/out/" in path else chain(draft, path)[0]
        _reletter(draft, here.name, here.letter, text)


def _redeclare(draft: Draft, path: str, text: str) -> None:
    """A leg of a source that nobody reads: its name is its dim."""
    here = chain(draft, path)[0]
    source = draft.sources[here.name]
    (leg,) = declared(source.kind, source.name, text).legs or (None,)
    if leg is None:
        raise Refused("write one leg: n, or s:r for a leg s of length r")
    legs = tuple(leg if at == here.axis else own for at, own in enumerate(source.legs))
    if len({own.name for own in legs}) < len(legs):
        raise Refused(f"{here.name} has a leg `{leg.name}`; write `{leg.name}'` or s:{leg.name}")
    draft.sources[here.name] = replace(source, legs=legs, init=None)


def _reletter(draft: Draft, name: str, letter: str, text: str) -> None:
    if name not in draft.lets or letter not in letters(draft.maker(name)):
        raise Refused("this leg is no longer there")
    if not re.fullmatch(NAME, text):
        raise Refused(f"`{text}` is no letter of a leg")
    if text in letters(draft.maker(name)):
        raise Refused(f"`{text}` is taken in {name}: to join two legs drag one onto the other")
    draft.put(name, relettered(draft.maker(name), {letter: text}))
    draft.move({f"{name}:{letter}": f"{name}:{text}"})


def _rename_value(draft: Draft, value: str, text: str) -> None:
    if text == value:
        return
    refuse_name(draft, text)
    if value in draft.sources:
        draft.sources = {
            source.name: source
            for source in (
                replace(own, name=text) if own.name == value else own
                for own in draft.sources.values()
            )
        }
    else:
        draft.lets = {
            let.name: let
            for let in (
                replace(own, name=text) if own.name == value else own for own in draft.lets.values()
            )
        }
    for name, let in draft.lets.items():
        uses = tuple(
            Node(text, node.axes) if node.value == value else node for node in nodes(let.maker)
        )
        draft.lets[name] = replace(let, maker=with_nodes(let.maker, uses))
    draft.follow(value, text)
    draft.move({value: text})


def give(draft: Draft, path: str) -> None:
    """A value is returned, or no longer is."""
    value = path
    if value not in draft.sources and value not in draft.lets:
        value = _whole(draft, path)
    if value not in draft.outputs:
        draft.outputs.append(value)
    elif len(draft.outputs) == 1:
        raise Refused("a program returns something: return another value first")
    else:
        draft.outputs.remove(value)


def _whole(draft: Draft, path: str) -> str:
    """The value that a node or leg is part of, as far out as it goes."""
    name = path.rpartition(":")[0] or path.partition("/")[0]
    while name in draft.lets:
        readers = draft.readers(name)
        if name in draft.outputs or len(readers) != 1:
            return name
        name = readers[0][0]
    raise Refused("choose a node, a leg or a box first")


def with_named_parts(program: Program) -> tuple[Program, dict[str, str]]:
    """The program with a name for each part (`Y~1`), and what they are called now.

    >>> from diagram import parse
    >>> program = parse("input X[n f]\\nY[n] = relu(X[n f])[n f]\\nreturn Y")
    >>> print(str(with_named_parts(program)[0]).splitlines()[1])
    A[n f] = relu(X)
    """
    draft = Draft(program, {})
    moved = {}
    for let in program.lets:
        if let.is_part:
            moved[let.name] = draft.fresh("A")
            _rename_value(draft, let.name, moved[let.name])
    return draft.program(), moved
