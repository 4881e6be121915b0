// The canvas that edits: gestures become numbered ops; what Python makes of them is drawn.

const instances = new WeakMap(); // what belongs to one board, kept over reruns
const UNDO = "tensor-diagrams:undo"; // the editor of the text asks for it
const HINT = "Click a node, a leg or a box to see what it is. Tab, arrows and Enter walk and choose.";
const EMPTY = "Nothing is here yet. Add a node, or write a text beside.";

export default function ({ parentElement, data: [data], setStateValue }) {
  const root = parentElement.querySelector(".board");
  const board = instances.get(root) ?? create(root);
  board.tell = setStateValue;
  adopt(board, data);
  window.addEventListener(LIGHT, board.onlight);
  window.addEventListener(UNDO, board.onundo);
  return () => {
    window.removeEventListener(LIGHT, board.onlight);
    window.removeEventListener(UNDO, board.onundo);
  };
}

function create(root) {
  const board = { root, log: makeLog(), view: makeView(), data: null, chosen: [], told: "" };
  Object.assign(board, { added: [], shifts: new Map(), pointers: new Map(), source: "input" });
  makeTools(board);
  const ground = part(root, "ground");
  board.figure = part(ground, "figure");
  board.empty = part(ground, "empty", "p");
  board.empty.textContent = EMPTY;
  board.bubble = part(ground, "bubble");
  board.bubble.setAttribute("role", "alert");
  board.bubble.hidden = true;
  board.note = part(root, "note");
  board.live = part(root, "spoken");
  board.live.setAttribute("aria-live", "polite");
  board.legend = part(root, "legend");
  board.inspector = part(root, "inspector");
  board.onlight = (event) => light(board, event.detail);
  board.onundo = (event) => push(board, { kind: event.detail });
  board.figure.tabIndex = 0;
  board.figure.setAttribute("role", "application");
  board.figure.setAttribute("aria-label", "The canvas: arrows walk, Enter selects, Delete deletes");
  listen(board);
  root.addEventListener("keydown", (event) => onKey(board, event));
  root.addEventListener("keyup", (event) => onKeyUp(board, event));
  board.figure.addEventListener("focusin", (event) => rove(board, thingAt(event)));
  new ResizeObserver(() => board.data && (board.view.fitted ? fit(board) : look(board))).observe(board.figure);
  root.push = (act) => push(board, act); // for tests: what a gesture does, without the gesture
  root.record = () => board.log.record;
  root.link = () => board.log.link;
  instances.set(root, board);
  return board;
}

// -- what Python says -----------------------------------------------------------------------------

function adopt(board, data) {
  acknowledge(board, data);
  board.latest = data;
  catchUp(board);
  report(board);
}

// Nothing is drawn while the pointer is down, or while something is on its way.

function catchUp(board) {
  const data = board.latest;
  if (!data || board.drag || board.pinch || board.log.waiting.length || data === board.data) return;
  followChosen(board, data);
  const isNew = board.data?.revision !== data.revision;
  const own = board.log.drawn !== data.ack;
  board.data = data;
  board.log.drawn = data.ack;
  board.added = [];
  if (isNew) drawPicture(board, data, own);
  else if (board.shifts.size) redraw(board);
  settleChosen(board);
  markChosen(board);
  showTools(board, data);
  legend(board, data.legend);
  inspect(board, board.chosen.length === 1 ? data.inspected : null, HINT);
  tellOutcome(board, data, own);
  board.panel && board.refill?.(own && data.refused.length > 0);
}

function drawPicture(board, data, own) {
  const focused = board.figure.getRootNode().activeElement?.dataset?.path;
  board.shifts = new Map();
  const text = data.svg || `<svg xmlns="${SVG}"></svg>`;
  const svg = put(board, text, data.title);
  const frame = data.svg ? svg.viewBox.baseVal : null;
  board.view.frame = frame && { x: frame.x, y: frame.y, width: frame.width, height: frame.height };
  for (const name of ["width", "height"]) svg.removeAttribute(name);
  board.empty.hidden = Boolean(data.svg);
  drawGrips(board, svg);
  own ? stay(board) : fit(board);
  rove(board, find(board, focused) ?? find(board, board.chosen[0]) ?? things(board)[0]);
  if (focused) find(board, focused)?.focus();
}

function redraw(board) {
  board.shifts = new Map();
  if (board.data) shiftPicture(board);
}

function tellOutcome(board, data, own) {
  board.note.textContent = data.stale ? "The text has faults; the picture is of the last one that could be read." : "";
  if (!own) return;
  if (data.refused.length) refuse(board, data.refused);
  if (data.said) speak(board, data.said);
}

// For who waits: how far the picture is.

function report(board) {
  board.root.dataset.taken = String(board.latest.ack);
  board.root.dataset.waiting = String(board.log.waiting.length);
}
