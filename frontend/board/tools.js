// The tools: what can always be done, and what can be done with what is selected.

function makeTools(board) {
  const bar = part(board.root, "tools");
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Tools of the canvas");
  const group = (...buttons) => part(bar, "group").append(...buttons);
  const wish = (kind) => () => push(board, { kind });
  const made = {
    add: makeButton("Add node", (button) => openPanel(board, button, "Add a node", (panel) => nodeForm(board, panel)), { kind: "primary" }),
    undo: makeButton("Undo", wish("undo")),
    redo: makeButton("Redo", wish("redo")),
    several: makeButton("Several", () => setSeveral(board, !board.several), { pressed: false, title: "Select several things" }),
    batch: makeButton("Batch legs", wish("batch"), { pressed: false, title: "Show the legs that ride along" }),
    arrange: makeButton("Arrange", wish("arrange"), { title: "Lay the picture out anew" }),
    fresh: makeButton("New", wish("new"), { title: "An empty canvas; undo brings this one back" }),
    closer: makeButton("+", () => zoom(board, 1.25), { said: "Zoom in" }),
    farther: makeButton("−", () => zoom(board, 0.8), { said: "Zoom out" }),
    fit: makeButton("Fit", () => fit(board), { title: "Fit the picture" }),
  };
  group(made.add);
  group(made.undo, made.redo);
  group(made.several, made.batch, made.arrange, made.fresh);
  board.zoomed = document.createElement("span");
  board.zoomed.className = "zoomed";
  group(made.farther, board.zoomed, made.closer, made.fit);
  board.buttons = made;
  board.actions = part(board.root, "actions");
  board.actions.setAttribute("role", "toolbar");
  board.actions.setAttribute("aria-label", "What can be done with the selection");
}

function showTools(board, data) {
  board.buttons.undo.disabled = !data.undo;
  board.buttons.redo.disabled = !data.redo;
  board.buttons.arrange.disabled = !data.placed;
  board.buttons.batch.setAttribute("aria-pressed", String(data.batch));
}

function setSeveral(board, on) {
  board.several = on;
  board.buttons.several.setAttribute("aria-pressed", String(on));
}

// -- for the selection --------------------------------------------------------------------------

function choices(board) {
  const found = choicesFor(board);
  const drawn = JSON.stringify([found.said, found.acts.map(([label]) => label)]);
  if (board.actions.drawn === drawn) return;
  board.actions.drawn = drawn;
  if (board.panel && board.actions.contains(board.panel.button)) closePanel(board);
  const said = document.createElement("span");
  said.className = "said";
  said.textContent = found.said;
  const buttons = found.acts.map(([label, act]) => makeButton(label, (button) => runAction(board, label, act, button)));
  board.actions.replaceChildren(said, ...buttons);
}

// Looked up anew: what is selected may have another path since the button was drawn.

function runAction(board, label, act, button) {
  const now = choicesFor(board).acts.find(([name]) => name === label);
  (now ? now[1] : act)(button);
}

const IDLE = "Drag a leg onto a leg to contract, with Alt to batch, into the open to cut.";

function choicesFor(board) {
  if (board.aim) {
    const said = "Choose the other leg: click it, or walk there with arrows and press Enter.";
    return { said, acts: [["Cancel", () => stopAiming(board)]] };
  }
  const ids = board.chosen.filter((id) => kindOf(board, id));
  if (!ids.length) return { said: board.chosen.length ? "" : IDLE, acts: [] };
  if (ids.length > 1) return { said: `${ids.length} things`, acts: severalActs(board, ids) };
  const kind = kindOf(board, ids[0]);
  return { said: nameOf(board, ids[0], kind), acts: ACTS[kind](board, ids[0]) };
}

function nameOf(board, id, kind) {
  const { items, wires, regions } = board.data;
  if (kind === "wire") return `leg ${wires[id].letter}`;
  if (kind === "junction") return items[id].label;
  if (kind === "factor") return "factor";
  return items[id]?.value ?? regions[id]?.label ?? id;
}

function form(board, title, fill) {
  return (button) => openPanel(board, button, title, fill);
}

function edit(board, act, id) {
  return () => push(board, act, placeOf(board, id));
}

const remove = (board, ids) => ["Delete", () => deleteChosen(board, ids)];

function legActs(board, id) {
  const path = legOf(board, id);
  const kept = isKept(board, id);
  return [
    ["Join with …", () => aim(board, false)],
    ["Batch with …", () => aim(board, true)],
    [kept ? "Sum" : "Keep", edit(board, { kind: "keep", path, kept: !kept }, id)],
    ...(isShared(board, id) ? [["Cut", edit(board, { kind: "cut", path }, id)]] : []),
    ["Op …", form(board, "An op over the leg", (panel) => opForm(board, panel, [id]))],
    ["Scale …", form(board, "A factor", (panel) => scaleForm(board, panel, id))],
    ["Rename …", form(board, "Another letter", (panel) => renameForm(board, panel, id))],
    remove(board, [id]),
  ];
}

function nodeActs(board, id) {
  return [
    ["Add leg …", form(board, "A leg more", (panel) => legForm(board, panel, id))],
    ["Duplicate", () => duplicate(board, id)],
    ["Op …", form(board, "An op around it", (panel) => opForm(board, panel, [id]))],
    ["Scale …", form(board, "A factor", (panel) => scaleForm(board, panel, id))],
    ["Rename …", form(board, "Another name", (panel) => renameForm(board, panel, id))],
    ["Return", edit(board, { kind: "give", path: id }, id)],
    remove(board, [id]),
  ];
}

const ACTS = {
  wire: legActs,
  junction: legActs,
  node: nodeActs,
  call: (board, id) => [["Unfold", edit(board, { kind: "fold", path: id }, id)], ...nodeActs(board, id).slice(1)],
  region: (board, id) =>
    unfoldedAt(board, id)
      ? [["Fold", edit(board, { kind: "fold", path: unfoldedAt(board, id) }, id)]]
      : nodeActs(board, id).slice(1),
  factor: (board, id) => [
    ["Change …", form(board, "A factor", (panel) => scaleForm(board, panel, id))],
    remove(board, [id]),
  ],
};

function severalActs(board, ids) {
  const legs = ids.every((id) => ["wire", "junction"].includes(kindOf(board, id)));
  const acts = [];
  if (legs && ids.length === 2) {
    const join = (kept) => () => {
      const [one, other] = ids.map((id) => legOf(board, id));
      push(board, { kind: "join", one, other, kept }, placeOf(board, ids[1]));
    };
    acts.push(["Join", join(false)], ["Batch", join(true)]);
  }
  if (legs) acts.push(["Op …", form(board, "An op over the legs", (panel) => opForm(board, panel, ids))]);
  return [...acts, remove(board, ids)];
}

function duplicate(board, id) {
  const near = board.data.items[id]?.at ?? placeOf(board, id);
  const at = freePlace(board, near && [near[0] + BESIDE, near[1]]);
  push(board, { kind: "again", path: id, at }, near);
}

function deleteChosen(board, ids = board.chosen) {
  const paths = ids.filter((id) => kindOf(board, id)).map((id) => removable(board, id));
  if (!paths.length) return;
  push(board, { kind: "delete", paths }, placeOf(board, ids[0]));
}

// An open leg of a node goes where it is declared; an edge by its own name.

function removable(board, id) {
  const wire = board.data.wires[id];
  return wire?.open && wire.legs[0] ? wire.legs[0] : id;
}
