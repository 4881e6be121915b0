// The pointer: clicks, nodes that move, legs that are joined or cut, the ground that is dragged.

const STILL = 4; // pixels within which a press is a click
const AWAY = 26; // pixels from where it began in which a leg is let go, not cut

function listen(board) {
  const { figure } = board;
  figure.addEventListener("pointerdown", (event) => onDown(board, event));
  figure.addEventListener("pointermove", (event) => onMove(board, event));
  figure.addEventListener("pointerup", (event) => onUp(board, event));
  figure.addEventListener("pointercancel", (event) => onCancel(board, event));
  figure.addEventListener("wheel", (event) => onWheel(board, event), { passive: false });
  figure.addEventListener("click", (event) => {
    if (event.detail === 0) choose(board, thingAt(event)?.dataset.path ?? ""); // not of a pointer
  });
  figure.addEventListener("dblclick", () => unfoldChosen(board));
  figure.addEventListener("pointerover", (event) => board.drag || announce(dimAt(event)));
  figure.addEventListener("pointerleave", () => announce(""));
}

function onDown(board, event) {
  board.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  if (board.pointers.size === 2) return startPinch(board);
  if (board.drag || event.button > 1) return;
  hush(board);
  closePanel(board);
  const held = event.target.closest?.(".grip");
  const thing = thingAt(event)?.dataset.path ?? "";
  const start = [event.clientX, event.clientY];
  const ground = event.button === 1 || board.space || (!held && !thing);
  board.drag = { start, from: inPicture(board, event), held, thing, moved: false, shift: event.shiftKey };
  board.drag.kind = ground ? (event.shiftKey ? "marquee" : "pan") : held || kindOf(board, thing) === "wire" ? "leg" : "things";
  if (board.aim) board.drag.kind = ground ? "pan" : "aim";
  board.figure.setPointerCapture(event.pointerId);
  if (event.button === 1) event.preventDefault();
}

function onMove(board, event) {
  if (!board.pointers.has(event.pointerId)) return;
  const [lastX, lastY] = board.pointers.get(event.pointerId);
  board.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  if (board.pinch) return movePinch(board);
  const { drag } = board;
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.start[0], event.clientY - drag.start[1]];
  if (!drag.moved && Math.hypot(dx, dy) < STILL) return;
  if (!drag.moved) begin(board, drag);
  drag.moved = true;
  if (drag.kind === "pan") pan(board, event.clientX - lastX, event.clientY - lastY);
  else if (drag.kind === "things") moveThings(board, drag, dx / board.view.scale, dy / board.view.scale);
  else if (drag.kind === "leg") moveLeg(board, drag, event);
  else if (drag.kind === "marquee") moveMarquee(board, drag, event);
}

function begin(board, drag) {
  if (drag.kind === "things") drag.ids = movedWith(board, drag.thing);
  if (drag.kind === "leg") beginLeg(board, drag);
  board.figure.classList.add(`drags-${drag.kind}`);
}

function onUp(board, event) {
  board.pointers.delete(event.pointerId);
  if (board.pinch) return endPinch(board);
  const { drag } = board;
  if (!drag) return;
  endDrag(board);
  const several = board.several || event.shiftKey || event.ctrlKey || event.metaKey;
  if (!drag.moved) clicked(board, drag, several);
  else if (drag.kind === "things") dropThings(board, drag);
  else if (drag.kind === "leg") dropLeg(board, drag, event);
  else if (drag.kind === "marquee") dropMarquee(board, drag, event);
  catchUp(board);
}

function onCancel(board, event) {
  board.pointers.delete(event.pointerId);
  board.pinch = null;
  if (board.drag) endDrag(board);
  redraw(board);
}

function endDrag(board) {
  const { drag } = board;
  board.drag = null;
  drag.line?.remove();
  drag.box?.remove();
  board.figure.classList.remove(`drags-${drag.kind}`);
  for (const each of grips(board)) each.classList.remove("fits", "aimed", "misfit");
}

function clicked(board, drag, several) {
  const id = drag.held ? drag.held.dataset.wire : drag.thing;
  if (board.aim && drag.held) return aimAt(board, id, drag.held.dataset.leg);
  choose(board, id, several);
}

// A call is written out in its place, or becomes a box again.

function unfoldChosen(board) {
  const [id] = board.chosen;
  if (board.chosen.length !== 1) return;
  const path = kindOf(board, id) === "call" ? id : unfoldedAt(board, id);
  if (path) push(board, { kind: "fold", path }, placeOf(board, id));
}

// -- nodes and regions --------------------------------------------------------------------------

function movedWith(board, id) {
  const all = board.chosen.includes(id) ? board.chosen : [id];
  const ids = all.flatMap((each) => board.data.regions[each]?.holds ?? [each]);
  return [...new Set(ids)].filter((each) => each in board.data.items);
}

function moveThings(board, drag, dx, dy) {
  for (const id of drag.ids) {
    const [x, y] = drag.before?.get(id) ?? board.shifts.get(id) ?? [0, 0];
    (drag.before ??= new Map()).set(id, drag.before?.get(id) ?? [x, y]);
    board.shifts.set(id, [x + dx, y + dy]);
  }
  shiftPicture(board);
}

function dropThings(board, drag) {
  const points = {};
  for (const id of drag.ids) {
    const [x, y] = board.data.items[id].at;
    const [dx, dy] = board.shifts.get(id) ?? [0, 0];
    points[id] = [Math.round(x + dx), Math.round(y + dy)];
  }
  if (drag.ids.length) push(board, { kind: "move", points }, drag.from);
}

// -- legs ---------------------------------------------------------------------------------------

function beginLeg(board, drag) {
  const id = drag.held ? drag.held.dataset.wire : drag.thing;
  const wire = board.data.wires[id];
  const [one, two] = wire.grips.map(([x, y]) => Math.hypot(x - drag.from[0], y - drag.from[1]));
  const end = drag.held ? Number(drag.held.dataset.end) : one <= two ? 0 : 1;
  drag.leg = drag.held?.dataset.leg ?? legOf(board, id, end);
  drag.dim = wire.dim;
  drag.at = wire.grips[wire.legs[end] ? end : 0];
  drag.line = document.createElementNS(SVG, "path");
  drag.line.setAttribute("class", "rubber");
  board.figure.firstElementChild.append(drag.line);
  markFitting(board, drag.dim);
}

function moveLeg(board, drag, event) {
  const to = inPicture(board, event);
  const { grip, leg, dim } = targetAt(board, drag, event);
  drag.line.setAttribute("d", `M${drag.at.join(" ")}L${(grip ? gripAt(board, grip) : to).join(" ")}`);
  drag.line.classList.toggle("misfit", Boolean(leg) && dim !== drag.dim);
  for (const each of grips(board)) each.classList.toggle("aimed", each === grip);
}

// What a leg is dropped on: a leg nearby, or what is under the pointer.

function targetAt(board, drag, event) {
  const grip = nearestGrip(board, inPicture(board, event), drag.leg);
  if (grip) return { grip, leg: grip.dataset.leg, dim: grip.dataset.gripDim };
  const below = board.figure.getRootNode().elementFromPoint(event.clientX, event.clientY);
  const id = below?.closest?.("[data-path]")?.dataset.path ?? "";
  const kind = kindOf(board, id);
  if (kind === "node" || kind === "call") {
    const leg = legOfNode(board, id, drag.dim, drag.leg);
    return { leg, dim: board.data.wires[wireOfLeg(board, leg)]?.dim, id };
  }
  if (kind === "wire" || kind === "junction") {
    const leg = legOf(board, id);
    return { leg: leg === drag.leg ? "" : leg, dim: board.data.wires[wireOfLeg(board, leg)]?.dim, id };
  }
  return { leg: "", id: "" };
}

function dropLeg(board, drag, event) {
  const { leg, id } = targetAt(board, drag, event);
  const at = inPicture(board, event);
  const far = Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]);
  board.chosen = [drag.leg];
  if (leg) push(board, { kind: "join", one: drag.leg, other: leg, kept: event.altKey }, at);
  else if (!id && far > AWAY) push(board, { kind: "cut", path: drag.leg }, at);
  else board.chosen = [wireOfLeg(board, drag.leg)];
  markChosen(board);
}

// -- several at once ----------------------------------------------------------------------------

function moveMarquee(board, drag, event) {
  drag.box ??= board.figure.firstElementChild.appendChild(document.createElementNS(SVG, "rect"));
  const [x, y, width, height] = frameOf(drag.from, inPicture(board, event));
  drag.box.setAttribute("class", "marquee");
  for (const [key, value] of Object.entries({ x, y, width, height })) drag.box.setAttribute(key, value);
}

function dropMarquee(board, drag, event) {
  const [x, y, width, height] = frameOf(drag.from, inPicture(board, event));
  const inside = ([, { at }]) => at[0] >= x && at[0] <= x + width && at[1] >= y && at[1] <= y + height;
  chooseAll(board, Object.entries(board.data.items).filter(inside).map(([id]) => id));
}

const frameOf = ([a, b], [c, d]) => [Math.min(a, c), Math.min(b, d), Math.abs(a - c), Math.abs(b - d)];

// -- two fingers --------------------------------------------------------------------------------

function startPinch(board) {
  if (board.drag) endDrag(board);
  redraw(board);
  board.pinch = fingers(board);
}

function fingers(board) {
  const [[ax, ay], [bx, by]] = [...board.pointers.values()];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.max(1, Math.hypot(ax - bx, ay - by)) };
}

function movePinch(board) {
  const [before, now] = [board.pinch, fingers(board)];
  pan(board, now.x - before.x, now.y - before.y);
  zoom(board, now.apart / before.apart, inFigure(board, { clientX: now.x, clientY: now.y }));
  board.pinch = now;
}

function endPinch(board) {
  board.pinch = null;
  board.pointers.clear();
  catchUp(board);
}
