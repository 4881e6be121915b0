// The canvas that is looked at: lights dims, selects things, and tells Python what is selected.

const instances = new WeakMap(); // what belongs to one canvas, kept over reruns

export default function ({ parentElement, data: [data], setStateValue }) {
  const root = parentElement.querySelector(".canvas");
  const canvas = instances.get(root) ?? create(root);
  canvas.told = data.selected;
  canvas.send = (path, missed) => {
    if (missed !== (canvas.missed ?? null)) setStateValue("missed", missed);
    canvas.missed = missed;
    setStateValue("selected", path);
  };
  canvas.figure.classList.toggle("tall", data.tall);
  draw(canvas, data);
  inspect(canvas, data.inspected, data.hint);
  window.addEventListener(LIGHT, canvas.onlight);
  return () => window.removeEventListener(LIGHT, canvas.onlight);
}

function create(root) {
  const canvas = { figure: part(root, "figure"), legend: part(root, "legend") };
  canvas.inspector = part(root, "inspector");
  canvas.inspector.setAttribute("aria-live", "polite");
  canvas.onlight = (event) => light(canvas, event.detail);
  canvas.figure.addEventListener("pointerover", (event) => announce(dimAt(event)));
  canvas.figure.addEventListener("pointerleave", () => announce(""));
  canvas.figure.addEventListener("click", (event) => select(canvas, thingAt(event)));
  canvas.figure.addEventListener("keydown", (event) => press(canvas, event));
  canvas.figure.addEventListener("focusin", (event) => rove(canvas, thingAt(event)));
  instances.set(root, canvas);
  return canvas;
}

function draw(canvas, data) {
  if (canvas.revision !== data.revision) {
    canvas.revision = data.revision;
    canvas.selected = data.selected;
    put(canvas, data.svg, data.title);
    rove(canvas, find(canvas, canvas.selected) ?? things(canvas)[0]);
  }
  mark(canvas, canvas.selected);
  legend(canvas, data.legend);
}

function select(canvas, thing) {
  const path = thing?.dataset.path ?? "";
  if (path === (canvas.selected ?? "")) return;
  const before = canvas.selected ?? "";
  canvas.selected = path;
  mark(canvas, path);
  if (thing !== null) rove(canvas, thing);
  canvas.send(path, before === "" || before === canvas.told ? null : before); // Python may not have heard of it
}

function mark(canvas, path) {
  for (const thing of things(canvas)) {
    const on = thing.dataset.path === path;
    thing.classList.toggle("selected", on);
    thing.setAttribute("aria-pressed", String(on));
  }
}

function press(canvas, event) {
  const thing = thingAt(event);
  if (thing === null) return;
  if (event.key === "Enter" || event.key === " ") select(canvas, thing);
  else if (event.key === "Escape") select(canvas, null);
  else if (event.key in WAYS) nearest(canvas, thing, WAYS[event.key])?.focus();
  else return;
  event.preventDefault();
}
