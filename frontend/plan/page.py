"""A document merged step by step: in the picture, as equations, and as costs."""

from __future__ import annotations

import streamlit as st

from diagram.planner.table import memory, short
from frontend import document, paint
from frontend.bar import bar, is_empty
from frontend.canvas import canvas, missed, selected
from frontend.document import Document
from frontend.notation import plain, tex
from frontend.numbers import number_fields
from frontend.plan import hand
from frontend.plan.chart import bars
from frontend.plan.compare import compare, duration
from frontend.plan.steps import OBJECTIVES, Options, Stepped, groups_at, merging, stepped
from frontend.plan.tree import merges
from frontend.programs import Store
from frontend.results import Failure
from frontend.warm import warm

PACE = 1.2
"""Seconds a step while it plays."""

CANVAS = "plan.canvas"
ORDERS = ("The planner's", "As written", "By hand")
HINT = "Click two nodes: are they merged, and if not, why can they not be?"


def page() -> None:
    """The numbers, the options, the walk through the steps, and what they cost.

    The walk stands below the options and is drawn before them: it is what the page is for.
    """
    store = st.session_state
    now = document.current(store)
    if now.is_empty:
        bar("plan")
        is_empty()
        return
    head, walk = paint.held("plan-head"), st.container(key="plan-walk")
    options = _chosen(store, now)
    try:
        plan = stepped(now.good, now.numbers, options)
    except Failure as failure:
        walk.error(plain(str(failure)), icon=":material/error:")
        plan = None
    if plan is not None and plan.steps:
        with walk:
            st.fragment(_walk, run_every=PACE if store.get("plan.plays") else None)(
                now, plan, options
            )
    with head:
        bar("plan")
        number_fields(store, "plan")
        _options(store, now)
        if plan is not None:
            _totals(plan)
    if plan is None:
        return
    if not plan.steps:
        st.info("There is nothing to merge: what is returned is given.")
        return
    st.header("Another order", anchor=False)
    compare(now, plan, _title(options))
    with st.expander("The plan as a table"):
        st.text(plan.table, wrap=False)  # st.code would load a highlighter of languages
    warm()


def _title(options: Options) -> str:
    if options.order is None:
        return f"this one, best in {OBJECTIVES[options.objective]}"
    return "this one, as written" if options.order == "written" else "this one, by hand"


# -- options ----------------------------------------------------------------------------------


def _chosen(store: Store, now: Document) -> Options:
    """What the fields say, before they are drawn."""
    how, wanted = store.get("plan.order", ORDERS[0]), store.get("plan.objective") or "flops"
    most = str(store.get("plan.memory") or "")
    if how == "As written":
        return Options(wanted, most, "written")
    pairs = hand.chosen(store, now.good) if how == "By hand" else {}
    return Options(wanted, most, tuple(pairs.items()) or None)


def _options(store: Store, now: Document) -> None:
    order, objective, limit = st.columns([2, 2, 1], vertical_alignment="bottom")
    with order:
        how = st.segmented_control("Order", ORDERS, default=ORDERS[0], key="plan.order")
    with objective:
        st.segmented_control(
            "As good as it can be in",
            list(OBJECTIVES),
            format_func=OBJECTIVES.__getitem__,
            default="flops",
            key="plan.objective",
            disabled=how == "As written",
        )
    with limit:
        st.text_input(
            "Memory limit", placeholder="none", key="plan.memory", help="Such as 64MiB or 2 GB"
        )
    if how == "By hand":
        _by_hand(store, now)


def _by_hand(store: Store, now: Document) -> None:
    """The groups that stand, two of which can be merged; from there the planner goes on."""
    known = hand.products(now.program)
    if not known:
        st.info("No line of this program has more than two nodes: there is no order to choose.")
        return
    name = st.segmented_control(
        "The product", list(known), default=next(iter(known)), key=f"plan.product.{len(known)}"
    )
    product = known[name or next(iter(known))]
    pairs = hand.chosen(store, now.good).get(product.name, ())
    groups = hand.standing(len(product.labels), pairs)
    labels = {place: _label(product, group) for place, group in enumerate(groups)}
    picked = st.pills(
        "Merge two of these, or click them in the picture; the planner goes on from there",
        list(labels),
        format_func=labels.__getitem__,
        selection_mode="multi",
        key=f"plan.groups.{product.name}.{pairs}",
    )
    with st.container(horizontal=True, gap="small"):
        two = [next(iter(groups[place])) for place in picked[:2]]
        st.button(
            "Merge",
            key="plan.merge",
            disabled=len(picked) != 2,
            on_click=hand.merge,
            args=(store, now.good, product, *(two if len(two) == 2 else (0, 0))),
        )
        args = (store, now.good, product.name)
        st.button(
            "Undo",
            key="plan.undo",
            disabled=not pairs,
            on_click=hand.keep,
            args=(*args, pairs[:-1]),
        )


def _label(product: hand.Product, group: frozenset[int]) -> str:
    return " · ".join(product.labels[place].partition("[")[0] for place in sorted(group))


# -- the walk ---------------------------------------------------------------------------------


def _totals(plan: Stepped) -> None:
    found = {
        "FLOPs": short(plan.flops),
        "Elements alive at the peak": short(plan.peak),
        "Memory at the peak": memory(plan.memory),
        "Predicted time": duration(plan.seconds),
    }
    for column, (name, said) in zip(st.columns(4), found.items(), strict=True):
        column.metric(name, said)
    st.markdown(f"FLOPs: {tex(plan.formula)}")


def _walk(now: Document, plan: Stepped, options: Options) -> None:
    """The step that is shown; it runs by itself while it plays."""
    store = st.session_state
    most = len(plan.steps) + 1
    at = min(int(store.get("plan.at", 1)), most)
    if store.get("plan.plays") and store.get("plan.ticked"):
        at = min(at + 1, most)
    if at != store.get("plan.at"):
        _move(store, at)
    if store.get("plan.plays"):
        store["plan.ticked"] = True
        if at == most:
            store["plan.plays"] = False
            st.rerun()
    controls = paint.held("plan-player")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _picture(store, now, plan, at, options)
    paint.figure(store)
    with controls:
        _controls(store, most)
    with right:
        _step(plan, at)
        merges("plan.tree", plan, at)
        bars(plan, at)


def _controls(store: Store, most: int) -> None:
    play, slide = st.columns([1, 7], vertical_alignment="bottom")
    with play:
        plays = bool(store.get("plan.plays"))
        label, icon = ("Stop", "stop") if plays else ("Play", "play_arrow")
        if st.button(label, icon=f":material/{icon}:", key="plan.play"):
            store["plan.plays"] = not plays
            store["plan.ticked"] = False
            if not plays and store["plan.at"] >= most:
                _move(store, 0)
            st.rerun()
    with slide:
        key = _slider(store)
        store[key] = store["plan.at"]
        st.slider("Step", 0, most, key=key, on_change=slid, args=(store, key), format="step %d")


def _slider(store: Store) -> str:
    """The key of the slider that stands there now."""
    return f"plan.slider.{store.get('plan.moves', 0)}"


def _move(store: Store, at: int) -> None:
    """To a step that nobody slid to, with a new slider: what the old one still sends is late."""
    store["plan.at"] = at
    store["plan.moves"] = store.get("plan.moves", 0) + 1


def slid(store: Store, key: str) -> None:
    """Takes the step; a slider that is gone may still tell its last one with a later click."""
    if key == _slider(store):
        store["plan.at"] = store[key]


def _step(plan: Stepped, at: int) -> None:
    """The step in words, as an equation, and its cost."""
    count = len(plan.steps)
    if not 0 < at <= count:
        st.header("Before the first step" if at == 0 else "All is merged", anchor=False)
        st.markdown("Every node stands by itself." if at == 0 else "One value is left.")
        return
    step = plan.steps[at - 1]
    st.header(f"Step {at} of {count}: {plain(step.result)}", anchor=False)
    st.markdown(f"`{step.what}`")
    if step.equation:
        st.latex(step.equation)
    st.markdown(
        f"`{step.letters}`  \n"
        f"FLOPs: {tex(step.flops_formula)} = {short(step.flops)}  \n"
        f"Elements of the result: {tex(step.elements_formula)} = {short(step.elements)}  \n"
        f"Elements alive: {short(step.alive)}"
    )
    if step.fused:
        st.caption(
            f"A part of one fused call, `{step.fused}`: what it makes is never stored whole."
        )


def _picture(store: Store, now: Document, plan: Stepped, at: int, options: Options) -> None:
    try:
        svg = merging(now.good, {}, now.name, groups_at(plan, at))
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    canvas(CANVAS, svg, f"{now.title}, step {at}", document.legend(now), None, tall=True)
    _asked(store, now, options)


def _asked(store: Store, now: Document, options: Options) -> None:
    """What is said of the last two nodes that were clicked."""
    path, between = selected(CANVAS), missed(CANVAS)
    before = store.get("plan.clicked", ("", ""))
    if path and path != before[1]:
        is_new = between not in ("", path, before[1])
        before = store["plan.clicked"] = (between if is_new else before[1], path)
    known = hand.products(now.program)
    answer = hand.asked(now.program, known, *before) if all(before) else None
    if answer is None:
        st.caption(HINT)
        return
    if answer.pair is None:
        st.info(plain(answer.said), icon=":material/block:")
        return
    name, one, other = answer.pair
    if store.get("plan.order") != "By hand":
        st.caption(
            "These two stand in one product: choose the order *By hand* to merge them first."
        )
        return
    store["plan.clicked"] = ("", path)
    before_pairs = hand.chosen(store, now.good)
    hand.merge(store, now.good, known[name], one, other)
    if hand.chosen(store, now.good) != before_pairs:
        st.rerun()
