// What is selected: one thing or several, followed where its paths go.

function choose(board, id, more = false) {
  if (board.aim) return aimAt(board, id);
  const before = board.chosen;
  if (!id) board.chosen = more ? before : [];
  else if (!more) board.chosen = [id];
  else board.chosen = before.includes(id) ? before.filter((other) => other !== id) : [...before, id];
  if (id) rove(board, find(board, id));
  markChosen(board);
}

function chooseAll(board, ids) {
  board.chosen = [...new Set([...board.chosen, ...ids])];
  markChosen(board);
}

function markChosen(board) {
  for (const thing of things(board)) {
    const on = board.chosen.includes(thing.dataset.path);
    thing.classList.toggle("selected", on);
    thing.setAttribute("aria-pressed", String(on));
  }
  for (const each of grips(board)) each.classList.toggle("held", board.chosen.includes(each.dataset.wire));
  choices(board);
  const one = board.chosen.length === 1 ? board.chosen[0] : "";
  if (one !== board.told) board.tell("selected", (board.told = one));
}

// Where a path is after the ops that a new picture has: the longest head that moved counts.

function followed(path, moved) {
  for (let head = path; head; ) {
    if (head in moved) return moved[head] ? moved[head] + path.slice(head.length) : "";
    head = head.slice(0, Math.max(head.lastIndexOf("/"), head.lastIndexOf(":"), 0));
  }
  return path;
}

function followChosen(board, data) {
  const moves = data.moves.filter(([number]) => number > board.log.drawn).flatMap(([, each]) => each);
  board.chosen = board.chosen
    .map((path) => moves.reduce(followed, path))
    .filter((path) => path !== "");
}

// After the picture is there: legs stand for their wires, and what is gone is let go.

function settleChosen(board) {
  const known = board.chosen.map((path) => (kindOf(board, path) ? path : wireOfLeg(board, path)));
  board.chosen = [...new Set(known.filter((path) => path !== ""))];
}

// -- aiming: the next thing that is chosen is the other leg -------------------------------------

function aim(board, kept) {
  const from = legOf(board, board.chosen[0]);
  if (!from) return;
  board.aim = { from, kept, dim: board.data.wires[wireOfLeg(board, from)]?.dim };
  board.figure.classList.add("aiming");
  markFitting(board, board.aim.dim);
  choices(board);
  speak(board, "Choose the other leg.");
  find(board, board.chosen[0])?.focus();
}

function aimAt(board, id, grip = "") {
  const { from, kept, dim } = board.aim;
  stopAiming(board);
  if (!id) return;
  const to = grip || (kindOf(board, id) === "node" || kindOf(board, id) === "call" ? legOfNode(board, id, dim, from) : legOf(board, id));
  if (to && to !== from) {
    board.chosen = [from];
    push(board, { kind: "join", one: from, other: to, kept }, placeOf(board, id));
  }
}

function stopAiming(board) {
  board.aim = null;
  board.figure.classList.remove("aiming");
  markFitting(board, null);
  choices(board);
}

function markFitting(board, dim) {
  for (const each of grips(board)) each.classList.toggle("fits", dim !== null && each.dataset.gripDim === dim);
}

function placeOf(board, id) {
  const { items, wires } = board.data;
  if (items[id]) return items[id].at;
  const leg = wires[id] ? id : wireOfLeg(board, id);
  if (wires[leg]) return wires[leg].grips[wires[leg].open ? 1 : 0];
  const box = find(board, id)?.getBBox?.();
  return box ? [box.x + box.width / 2, box.y] : null;
}
