// The notations of one line: an edge that is pointed at or chosen is lit in all, and in the picture.

const instances = new WeakMap(); // what belongs to one component, kept over reruns
const LIGHT = "tensor-diagrams:dim"; // the figures of the page listen, and say what they light

export default function ({ parentElement, data: [data] }) {
  const root = parentElement.querySelector(".notations");
  const own = instances.get(root) ?? { root };
  instances.set(root, own);
  const drawn = JSON.stringify(data);
  if (own.drawn !== drawn) {
    own.drawn = drawn;
    own.dims = new Map(data.edges.map(([name, dim]) => [name, dim]));
    own.chosen = "";
    root.replaceChildren(letters(own, data.edges), ...data.notations.map(notation));
    root.onpointerover = (event) => point(own, edgeAt(event));
    root.onpointerleave = () => point(own, own.chosen);
  }
  const listen = (event) => own.says || light(own, edgesOf(own, event.detail));
  window.addEventListener(LIGHT, listen);
  return () => window.removeEventListener(LIGHT, listen);
}

// -- drawing ----------------------------------------------------------------------------------

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function letters(own, edges) {
  const row = element("div", "letters");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "The edges of this line");
  for (const [name, , said] of edges) {
    const button = element("button", "letter", element("i", "", name), ` ${said}`);
    button.type = "button";
    button.dataset.edge = name;
    button.setAttribute("aria-pressed", "false");
    button.onclick = () => choose(own, name);
    button.onfocus = () => button.matches(":focus-visible") && point(own, name);
    button.onblur = () => point(own, own.chosen);
    row.append(button);
  }
  return row;
}

function notation([title, kind, pieces]) {
  const text = element(kind === "index" ? "p" : "pre", kind, ...pieces.map(piece));
  text.tabIndex = 0; // long lines are scrolled with the keyboard
  text.setAttribute("role", "region");
  text.setAttribute("aria-label", title);
  const part = element("figure", `part ${kind}`, element("figcaption", "", title), text);
  return part;
}

function piece([text, edges, look]) {
  if (edges.length === 0 && look === "") return text;
  const made = element(look === "low" ? "sub" : "span", look, text);
  made.dataset.edge = edges.join(" ");
  return made;
}

// -- lighting ---------------------------------------------------------------------------------

const edgeAt = (event) => {
  const found = event.target.closest("[data-edge]:not(.value)")?.dataset.edge;
  return found?.includes(" ") ? "" : (found ?? "");
};
const edgesOf = (own, dim) => [...own.dims].filter(([, of]) => of === dim).map(([name]) => name);

function choose(own, name) {
  own.chosen = own.chosen === name ? "" : name;
  for (const button of own.root.querySelectorAll(".letter")) {
    button.setAttribute("aria-pressed", String(button.dataset.edge === own.chosen));
  }
  point(own, own.chosen);
}

function point(own, name) {
  if (own.pointed === name) return;
  own.pointed = name;
  own.says = true;
  window.dispatchEvent(new CustomEvent(LIGHT, { detail: own.dims.get(name) ?? "" }));
  own.says = false;
  light(own, name === "" ? [] : [name]);
}

function light(own, names) {
  for (const thing of own.root.querySelectorAll("[data-edge]")) {
    const has = thing.dataset.edge.split(" ");
    thing.classList.toggle("lit", names.some((name) => has.includes(name)));
  }
}
