// The figure answers to pointer and keyboard: edges and dims light up, the view moves.

"use strict";

const figure = document.querySelector("main svg");
const told = document.querySelector("footer p");
const things = [...figure.querySelectorAll("[data-path]")];
const entries = [...document.querySelectorAll("footer [data-dim], .td-legend")];
const edges = JSON.parse(document.getElementById("edges").textContent);
const edgeOf = new Map(edges.flatMap((edge) => edge.map((path) => [path, new Set(edge)])));

// -- light ------------------------------------------------------------------------------------

let pinned = null; // the dim that stays lit

const thingAt = (event) => event.target.closest?.("[data-path]") ?? null;
const entryAt = (event) => event.target.closest?.("button[data-dim], .td-legend") ?? null;

function light(isLit, dim) {
  for (const thing of things) thing.classList.toggle("lit", isLit(thing));
  for (const entry of entries) entry.classList.toggle("lit", entry.dataset.dim === dim);
  figure.classList.toggle("dimmed", things.some(isLit));
}

function lightDim(dim) {
  light((thing) => dim !== null && thing.dataset.dim === dim, dim);
}

function point(target) {
  const [thing, entry] = [thingAt({ target }), entryAt({ target })];
  const edge = edgeOf.get(thing?.dataset.path);
  if (entry) lightDim(entry.dataset.dim);
  else if (edge) light((other) => edge.has(other.dataset.path), thing.dataset.dim);
  else lightDim(pinned);
  told.textContent = (thing ?? entry)?.getAttribute("aria-label") ?? told.dataset.hint;
}

function pin(entry) {
  pinned = pinned === entry.dataset.dim ? null : entry.dataset.dim;
  for (const each of entries) {
    each.setAttribute("aria-pressed", String(each.dataset.dim === pinned));
  }
  lightDim(pinned);
}

document.addEventListener("pointerover", (event) => point(event.target));
document.addEventListener("focusin", (event) => point(event.target));
document.addEventListener("focusout", () => point(document.body));
document.addEventListener("click", (event) => entryAt(event) && pin(entryAt(event)));

// -- view -------------------------------------------------------------------------------------

const whole = figure.viewBox.baseVal;
const fit = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
const pointers = new Map();
let view = { ...fit };

function show(next) {
  const width = Math.min(Math.max(next.width, fit.width / 20), fit.width * 4);
  view = { ...next, width, height: (width * fit.height) / fit.width };
  figure.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
}

function place(x, y) {
  return new DOMPoint(x, y).matrixTransform(figure.getScreenCTM().inverse());
}

function zoom(factor, at = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) {
  const width = Math.min(Math.max(view.width * factor, fit.width / 20), fit.width * 4);
  const by = width / view.width;
  show({ x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by, width });
}

function move(right, down) {
  show({ ...view, x: view.x + right, y: view.y + down });
}

const VIEWS = { "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: () => show(fit) };

figure.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 80) * 0.003),
      place(event.clientX, event.clientY));
  },
  { passive: false },
);

figure.addEventListener("pointerdown", (event) => pointers.set(event.pointerId, event));

window.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (before === undefined) return;
  const [from, to] = [before, event].map((each) => place(each.clientX, each.clientY));
  const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
  pointers.set(event.pointerId, event);
  if (other === undefined) return move(from.x - to.x, from.y - to.y);
  const still = place(other.clientX, other.clientY);
  const far = (spot) => Math.hypot(spot.x - still.x, spot.y - still.y);
  if (far(to) > 0) zoom(far(from) / far(to), still);
});

for (const end of ["pointerup", "pointercancel"]) {
  window.addEventListener(end, (event) => pointers.delete(event.pointerId));
}

for (const button of document.querySelectorAll(".views button")) {
  button.addEventListener("click", () => VIEWS[button.value]());
}

// -- keyboard: one thing of the figure is in the tab order, arrows walk, with shift they move -----

const ARROWS = { ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowUp: [0, -1] };
const stops = [...things, ...entries.filter((entry) => figure.contains(entry))];

function rove(stop) {
  for (const other of stops) other.setAttribute("tabindex", other === stop ? "0" : "-1");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = stops.indexOf(document.activeElement);
  const [right, down] = ARROWS[event.key] ?? [0, 0];
  if (event.key in VIEWS) VIEWS[event.key]();
  else if (event.key in ARROWS && (event.shiftKey || at < 0)) {
    move((right * view.width) / 10, (down * view.height) / 10);
  } else if (event.key in ARROWS) {
    const next = stops[(at + right + down + stops.length) % stops.length];
    rove(next);
    next.focus();
  } else if (at >= 0 && (event.key === "Enter" || event.key === " ")) {
    const entry = entryAt({ target: stops[at] });
    if (entry) pin(entry);
  } else if (event.key === "Escape") document.activeElement.blur();
  else return;
  event.preventDefault();
});

for (const thing of things) thing.setAttribute("role", "img"); // it is read, nothing is pressed
rove(stops[0]);
