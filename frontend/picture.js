// A picture that answers: its things and their dims, its legend, and what is told of one thing.

const DRAWN = "tensor-diagrams:drawn"; // the mark of a figure
const LIGHT = "tensor-diagrams:dim"; // so that one dim lights in every figure of the page

const things = (canvas) => [...canvas.figure.querySelectorAll("[data-path]")];
const find = (canvas, path) => things(canvas).find((thing) => thing.dataset.path === path);
const thingAt = (event) => event.target.closest?.("[data-path]") ?? null;
const dimAt = (event) => event.target.closest?.("[data-dim]")?.dataset.dim ?? "";
const announce = (dim) => window.dispatchEvent(new CustomEvent(LIGHT, { detail: dim }));

function part(root, name, tag = "div") {
  const element = document.createElement(tag);
  element.className = name;
  root.append(element);
  return element;
}

function light(canvas, dim) {
  const lit = (element) => element.classList.toggle("lit", dim !== "" && element.dataset.dim === dim);
  const any = things(canvas).map(lit).includes(true);
  canvas.figure.classList.toggle("dimmed", any);
  for (const entry of canvas.legend.children) lit(entry);
}

// -- drawing ----------------------------------------------------------------------------------

function put(canvas, text, title) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(parsed, true);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", title);
  canvas.figure.replaceChildren(svg);
  if (!performance.getEntriesByName(DRAWN).length) performance.mark(DRAWN); // the keeper waits for one
  for (const thing of things(canvas)) prepare(thing);
  return svg;
}

function prepare(thing) {
  thing.setAttribute("role", "button");
  thing.setAttribute("tabindex", "-1");
  for (const shape of thing.querySelectorAll("path, circle, rect")) {
    const hidden = shape.classList.contains("td-hit") || shape.hasAttribute("fill-opacity");
    shape.classList.toggle("shape", !hidden);
  }
  thing.querySelector("title")?.remove(); // the inspector tells more, and the label is spoken
}

function legend(canvas, lines) {
  canvas.legend.replaceChildren(
    ...lines.map(([dim, letter, text]) => {
      const entry = document.createElement("span");
      const name = document.createElement("i");
      name.textContent = letter;
      entry.append(name, text);
      entry.dataset.dim = dim;
      entry.addEventListener("pointerenter", () => announce(dim));
      entry.addEventListener("pointerleave", () => announce(""));
      return entry;
    }),
  );
}

function inspect(canvas, inspected, hint) {
  if (inspected === null) {
    const text = document.createElement("p");
    text.textContent = hint;
    canvas.inspector.replaceChildren(text);
    return;
  }
  const title = document.createElement("h4");
  title.append(...formula(inspected.title));
  const rows = document.createElement("dl");
  for (const [label, text] of inspected.rows) {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = label;
    const mathematics = label === "formula" || label === "of";
    said.append(...(mathematics ? formula(text) : [text]));
    said.classList.toggle("formula", mathematics);
    said.classList.toggle("long", text.length > 34);
    rows.append(term, said);
  }
  canvas.inspector.replaceChildren(title, rows);
}

// `Y_{nf}` with its indices lowered, `W^Q` with its letters raised.

function formula(text) {
  return text.split(/(_\{[^{}]*\}|[_^][A-Z0-9]+)/).map((part) => {
    const kind = { _: "sub", "^": "sup" }[part[0]];
    if (kind === undefined || part.length < 2) return part;
    const element = document.createElement(kind);
    element.textContent = part.slice(1).replace(/[{}]/g, "");
    return element;
  });
}

// -- walking ----------------------------------------------------------------------------------

// One thing of a figure is in the tab order; arrows walk to the nearest thing that way.

function rove(canvas, thing) {
  if (!thing) return;
  for (const other of things(canvas)) other.setAttribute("tabindex", other === thing ? "0" : "-1");
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nearest(canvas, from, [x, y]) {
  const start = middle(from);
  let best = null;
  let least = Infinity;
  for (const thing of things(canvas)) {
    const to = middle(thing);
    const along = (to.x - start.x) * x + (to.y - start.y) * y;
    const across = Math.abs((to.x - start.x) * y) + Math.abs((to.y - start.y) * x);
    if (thing === from || along < 4) continue;
    const far = along + 2.5 * across + (across > along ? 1000 : 0); // what is aside comes last
    if (far < least) [best, least] = [thing, far];
  }
  return best;
}

function middle(thing) {
  const shape = thing.querySelector(thing.matches(".td-region") ? "text" : ".shape") ?? thing;
  const box = shape.getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
