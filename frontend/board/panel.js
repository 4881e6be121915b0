// A small panel below a button: fields and chips, closed with Escape or a click elsewhere.

function openPanel(board, button, name, fill) {
  hush(board);
  const again = board.panel?.name === name;
  closePanel(board);
  if (again) return;
  const panel = part(board.root, "panel");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", name);
  board.panel = { name, panel, button };
  fill(panel);
  const [home, below] = [board.root.getBoundingClientRect(), button.getBoundingClientRect()];
  const left = Math.max(0, Math.min(below.x - home.x, home.width - panel.offsetWidth));
  Object.assign(panel.style, { left: `${left}px`, top: `${below.bottom - home.y + 4}px` });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    closePanel(board);
  });
  (panel.querySelector("input") ?? panel.querySelector("button"))?.focus();
}

function closePanel(board) {
  if (!board.panel) return;
  const { panel, button } = board.panel;
  const focused = panel.contains(panel.getRootNode().activeElement);
  panel.remove();
  board.panel = null;
  if (focused && button.isConnected) button.focus();
}

function makeButton(label, act, { kind = "", pressed = null, title = "", said = "" } = {}) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: kind, textContent: label });
  if (title || said) button.title = title || said;
  if (said) button.ariaLabel = said;
  if (pressed !== null) button.setAttribute("aria-pressed", String(pressed));
  button.addEventListener("click", () => act(button));
  return button;
}

function addField(panel, label, value, onInput, onEnter) {
  const holder = part(panel, "field", "label");
  part(holder, "name", "span").textContent = label;
  const input = part(holder, "", "input");
  Object.assign(input, { type: "text", value, autocomplete: "off", spellcheck: false, maxLength: 200 });
  input.addEventListener("input", () => onInput(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.repeat || event.isComposing) return;
    event.preventDefault();
    onEnter(input.value);
  });
  return input;
}

function addChips(panel, label, entries, act) {
  if (!entries.length) return null;
  const row = part(panel, "chips");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", label);
  part(row, "name", "span").textContent = label;
  for (const entry of entries) row.append(makeButton(entry, () => act(entry), { kind: "chip" }));
  return row;
}
