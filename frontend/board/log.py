"""The log of what was done in the browser: each op is taken once, in order, and answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from frontend.board.ops import Fold, Op, op
from frontend.board.picture import points_of
from frontend.desk import Desk, Log, changed, travelled
from frontend.document import Document, desk
from frontend.edit.draft import Moved
from frontend.edit.edits import Edit, Refusal, Sketch, after, apply, paths_of
from frontend.programs import Store
from frontend.results import Failure

REMEMBERED = 2_000
"""Ops whose moves are kept: pictures in the browser are hardly older."""

INSIDE = "this is inside a def: its lines are edited in the text, for all its calls"
MENDED = "The text had faults and was written anew; undo brings it back."


def log(store: Store) -> Log:
    """The log of this session."""
    return desk(store).log


def take(store: Store, state: object) -> None:
    """Does what is new in the log of the browser; all of it is written at once."""
    now = desk(store)
    waiting = _new(now.log, state)
    if not waiting:
        return
    now = replace(now, log=replace(now.log, refused=(), said=""))
    for each in waiting:
        now = _done(now, each)
    store["desk"] = now


def _new(before: Log, state: object) -> list[Op]:
    sent = state.get("log") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or sent.get("name") != before.name:
        return []
    ops = sent.get("ops")
    found = [op(each) for each in ops] if isinstance(ops, list) else []
    return [each for each in found if each is not None and each.number > before.taken]


def _done(now: Desk[Document], each: Op) -> Desk[Document]:
    """One op more: done, or answered."""
    log = replace(now.log, taken=each.number, said="")
    if isinstance(each.act, str):
        now, said = _wish(now, each.act)
        return replace(now, log=replace(log, said=said))
    if isinstance(each.act, Fold):
        return replace(changed(now, folded(now.document, each.act.path)), log=log)
    found = edited(now.document, after(each.act, since(log.moves, each.seen)))
    if isinstance(found, Refusal):
        return replace(now, log=replace(log, refused=(*log.refused, (each.number, found.reason))))
    made, moved = found
    is_mended = now.document.error is not None and made.text != now.document.text
    if any(moved):
        log = replace(log, moves=(*log.moves, (each.number, moved))[-REMEMBERED:])
    return replace(changed(now, made), log=replace(log, said=MENDED if is_mended else ""))


def since(moves: Sequence[tuple[int, tuple[Moved, ...]]], seen: int) -> list[Moved]:
    """Where paths went after the op that a picture was last of."""
    return [moved for number, each in moves if number > seen for moved in each]


def edited(now: Document, edit: Edit) -> tuple[Document, tuple[Moved, ...]] | Refusal:
    """The document after an edit and where its paths went, or why it stays."""
    try:
        points = points_of(now)
    except Failure:
        points = now.points
    found = apply(Sketch(now.program, points), edit)
    if isinstance(found, Refusal):
        return Refusal(INSIDE) if _is_inside(now, edit) else found
    text = now.good
    program = found.sketch.program
    if program != now.program:
        text = str(program) if program.outputs else ""
    made = replace(now, good=text, points=dict(found.sketch.points))
    if text != now.good:
        made = replace(made, text=text)
    return made, found.moved


def folded(now: Document, path: str) -> Document:
    """With a call written out in its place, or as a box again with all that is in it."""
    if path not in now.unfolded:
        return replace(now, unfolded=(*now.unfolded, path))
    left = (each for each in now.unfolded if each != path and not each.startswith(f"{path}."))
    return replace(now, unfolded=tuple(left))


def _is_inside(now: Document, edit: Edit) -> bool:
    """Whether an edit is of something in a call that is written out."""
    own = {*now.program.let, *now.program.source}
    heads = {re.split("[/:]", path)[0] for path in paths_of(edit)}
    return bool(now.unfolded) and any("." in head and head not in own for head in heads)


def _wish(now: Desk[Document], wish: str) -> tuple[Desk[Document], str]:
    """Does what is asked of the document, and what there is to say of it."""
    document = now.document
    match wish:
        case "undo" | "redo":
            found = travelled(now, back=wish == "undo")
            return (
                (found, "Undone." if wish == "undo" else "Redone.")
                if found
                else (now, f"There is nothing to {wish}.")
            )
        case "new":
            return changed(now, Document("", "", batch=True)), ""
        case "arrange":
            return changed(now, replace(document, points={})), ""
        case _:
            return changed(now, replace(document, batch=not document.batch)), ""
