// The text editor: our own text and caret, drawn as one element a line, with faults below them.
// What a person types is caught before the browser does it; what cannot be caught (a composition, a
// spelling checker) is read back from the page.

const instances = new WeakMap(); // what belongs to one editor, kept over reruns
const PAUSE = 300; // milliseconds without a key until the text is sent
const TOGETHER = 700; // keys closer than this are undone together
const MOST_UNDO = 200;
const UNDO = "tensor-diagrams:undo";
const DRAFT = "tensor-diagrams:draft"; // until Python has it: to leave the page loses nothing

export default function ({ key, name, parentElement, data: [data], setStateValue }) {
  const root = parentElement.querySelector(".td-editor");
  const editor = instances.get(root) ?? create(root, data);
  editor.send = (text) => setStateValue("draft", { text, revision: editor.revision });
  adopt(editor, data);
  window.addEventListener("click", editor.onleave, true);
  return () => window.removeEventListener("click", editor.onleave, true);
}

function create(root, data) {
  const part = (name) => {
    const element = document.createElement("div");
    element.className = `td-editor-${name}`;
    root.append(element);
    return element;
  };
  const editor = { text: null, start: 0, end: 0, undone: [], redone: [], faults: [], typed: 0 };
  Object.assign(editor, { area: part("area"), rest: part("rest"), status: part("status") });
  const attributes = { role: "textbox", "aria-multiline": "true", "aria-label": data.label };
  Object.assign(attributes, { contenteditable: "true", spellcheck: "false", tabindex: "0" });
  Object.assign(attributes, { autocapitalize: "off", autocorrect: "off", translate: "no" });
  for (const [name, value] of Object.entries(attributes)) editor.area.setAttribute(name, value);
  editor.rest.setAttribute("role", "alert");
  editor.status.setAttribute("aria-live", "polite");
  const on = (name, act) => editor.area.addEventListener(name, (event) => act(editor, event));
  on("beforeinput", before);
  on("input", readBack);
  on("compositionend", readBack);
  on("keydown", press);
  on("copy", copy);
  on("cut", copy);
  on("blur", (editor, event) => linkAt(event.relatedTarget) ?? flush(editor));
  editor.onleave = (event) => linkAt(event.target) && clearTimeout(editor.timer);
  instances.set(root, editor);
  return editor;
}

// What is sent after the reader has gone to another page would call them back: it stays a draft.

const linkAt = (element) => element?.closest?.("a[href]") ?? null;

// -- what Python says -------------------------------------------------------------------------

function adopt(editor, data) {
  editor.longest = data.longest;
  editor.isDocument = data.is_document;
  editor.draft = data.is_document ? DRAFT : `${DRAFT}:${data.label}`;
  editor.area.parentElement.classList.toggle("tall", data.is_document);
  const isNew = editor.text === null;
  if (data.revision !== editor.revision) {
    editor.revision = data.revision;
    const unsent = isNew ? recall(editor) : null;
    if (!isNew) {
      if (editor.isSent && editor.isDocument) Object.assign(editor, { undone: [], redone: [] });
      else remember(editor); // what was typed meanwhile can be had back
      keep(editor, null);
    }
    editor.text = data.text;
    editor.start = editor.end = Math.min(editor.start, data.text.length);
    if (unsent !== null && unsent !== data.text) {
      editor.text = unsent;
      later(editor);
    }
  }
  editor.isSent = editor.text === data.text;
  if (editor.isSent && !editor.isDocument) keep(editor, null); // the keeper knows better
  editor.faults = editor.isSent ? data.faults : [];
  editor.status.textContent = editor.isSent ? data.status : "";
  editor.area.setAttribute("aria-invalid", String(editor.faults.length > 0));
  render(editor);
}

function later(editor) {
  clearTimeout(editor.timer);
  keep(editor, editor.text);
  editor.timer = setTimeout(() => flush(editor), PAUSE);
}

function flush(editor) {
  clearTimeout(editor.timer);
  if (editor.isSent || editor.text === editor.last) return;
  if (editor.text.length > editor.longest) {
    const [has, most] = [editor.text.length, editor.longest].map((n) => n.toLocaleString("en"));
    editor.status.textContent = `This text has ${has} characters; at most ${most} are read.`;
    return;
  }
  editor.last = editor.text;
  editor.send(editor.text);
}

// A draft belongs to the document in the address at which it was written.

const base = () => new URL(window.location.href).searchParams.get("d") ?? "";
const shelf = (editor) => (editor.isDocument ? localStorage : sessionStorage);

function keep(editor, text) {
  try {
    if (text === null || text.length > editor.longest) shelf(editor).removeItem(editor.draft);
    else shelf(editor).setItem(editor.draft, JSON.stringify({ text, base: base() }));
  } catch {
    // storage is full or switched off
  }
}

function recall(editor) {
  try {
    const draft = JSON.parse(shelf(editor).getItem(editor.draft));
    return draft?.base === base() ? draft.text : null;
  } catch {
    return null;
  }
}

// -- changes ----------------------------------------------------------------------------------

function change(editor, from, to, insert, together = false) {
  remember(editor, together);
  editor.text = editor.text.slice(0, from) + insert + editor.text.slice(to);
  editor.start = editor.end = from + insert.length;
  changed(editor);
}

function changed(editor) {
  editor.isSent = false;
  editor.last = undefined;
  editor.faults = [];
  render(editor);
  place(editor);
  later(editor);
}

function remember(editor, together = false) {
  const now = performance.now();
  if (!together || now - editor.typed > TOGETHER || !editor.undone.length) {
    editor.undone.push([editor.text, editor.start]);
    editor.undone.splice(0, editor.undone.length - MOST_UNDO);
  }
  editor.typed = together ? now : 0;
  editor.redone = [];
}

// What was done before this text came is undone by the document, on whose page this is.

function travel(editor, from, to, kind) {
  if (!from.length) {
    if (editor.isSent) window.dispatchEvent(new CustomEvent(UNDO, { detail: kind }));
    return;
  }
  to.push([editor.text, editor.start]);
  const [text, caret] = from.pop();
  Object.assign(editor, { text, start: caret, end: caret, typed: 0 });
  changed(editor);
}

const LINES = new Set(["insertLineBreak", "insertParagraph"]);

function before(editor, event) {
  if (event.inputType === "insertCompositionText" || event.isComposing) return;
  event.preventDefault();
  const [range] = event.getTargetRanges();
  const [start, end] = range
    ? [offset(editor, range.startContainer, range.startOffset),
       offset(editor, range.endContainer, range.endOffset)]
    : caret(editor);
  if (event.inputType.startsWith("delete")) {
    change(editor, start, end, "", event.inputType === "deleteContentBackward");
  } else if (LINES.has(event.inputType)) {
    change(editor, start, end, "\n");
  } else if (event.inputType.startsWith("insert")) {
    const text = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    change(editor, start, end, clean(text), event.inputType === "insertText");
  }
}

const clean = (text) => text.replace(/\r\n?/g, "\n").replace(/\u00a0/g, " ");

function readBack(editor, event) {
  if (event.isComposing) return;
  const lines = [...editor.area.childNodes].map((line) => line.textContent);
  const text = clean(lines.join("\n"));
  if (text === editor.text) return;
  const [start] = caret(editor);
  remember(editor);
  Object.assign(editor, { text, start, end: start });
  for (const line of editor.area.children) line.drawn = undefined;
  changed(editor);
}

function press(editor, event) {
  if (event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  const letter = event.key.toLowerCase();
  if (command && letter === "z" && !event.shiftKey) travel(editor, editor.undone, editor.redone, "undo");
  else if (command && (letter === "y" || letter === "z")) travel(editor, editor.redone, editor.undone, "redo");
  else if (command && event.key === "Enter") flush(editor);
  else return;
  event.preventDefault();
}

function copy(editor, event) {
  const [start, end] = caret(editor);
  if (start === end) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", editor.text.slice(start, end));
  if (event.type === "cut") change(editor, start, end, "");
}

// -- the caret --------------------------------------------------------------------------------

function offset(editor, node, at) {
  const lines = [...editor.area.children];
  if (node === editor.area) {
    const passed = lines.slice(0, at).reduce((sum, line) => sum + line.textContent.length + 1, 0);
    return Math.min(passed, editor.text.length);
  }
  let passed = 0;
  for (const line of lines) {
    if (!line.contains(node)) {
      passed += line.textContent.length + 1;
      continue;
    }
    const range = document.createRange();
    range.setStart(line, 0);
    range.setEnd(node, at);
    return passed + range.toString().length;
  }
  return editor.text.length;
}

function caret(editor) {
  const selection = document.getSelection();
  if (!selection.rangeCount) return [editor.start, editor.end];
  const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
  return [offset(editor, startContainer, startOffset), offset(editor, endContainer, endOffset)];
}

function place(editor) {
  const [line, at] = spot(editor, editor.start);
  document.getSelection().collapse(line, at);
  line.parentElement?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

function spot(editor, at) {
  for (const line of editor.area.children) {
    const length = line.textContent.length;
    if (at > length) {
      at -= length + 1;
      continue;
    }
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (at <= node.length) return [node, at];
      at -= node.length;
    }
    return [line, 0];
  }
  return [editor.area, editor.area.children.length];
}

// -- drawing ----------------------------------------------------------------------------------

const WORDS = /(#.*)|(\b(?:dims|input|index|weight|buffer|const|def|return|corr|conv)\b)/g;

function render(editor) {
  const lines = editor.text.split("\n");
  const held = editor.area === document.activeElement ? caret(editor) : null;
  while (editor.area.childNodes.length > lines.length) editor.area.lastChild.remove();
  let redrawn = false;
  lines.forEach((text, place) => {
    let line = editor.area.childNodes[place];
    if (!line || line.nodeType !== Node.ELEMENT_NODE) {
      const fresh = document.createElement("div");
      line ? line.replaceWith(fresh) : editor.area.append(fresh);
      line = fresh;
    }
    redrawn = draw(line, text, marksOf(editor, place + 1), saidOf(editor, place + 1)) || redrawn;
  });
  const lost = editor.faults.filter((fault) => !fault.spans.length);
  editor.rest.textContent = lost.map((fault) => fault.message).join("\n");
  if (redrawn && held !== null) restore(editor, held);
}

function restore(editor, [start, end]) {
  const [one, at] = spot(editor, start);
  const [two, to] = spot(editor, end);
  document.getSelection().setBaseAndExtent(one, at, two, to);
}

const marksOf = (editor, line) =>
  editor.faults.flatMap((fault) => fault.spans).filter((span) => span[0] === line);

const saidOf = (editor, line) =>
  editor.faults.filter((fault) => fault.spans[0]?.[0] === line).map((fault) => fault.message).join("\n");

function draw(line, text, marks, said) {
  const drawn = JSON.stringify([text, marks, said]);
  if (line.drawn === drawn) return false;
  line.drawn = drawn;
  line.className = "td-editor-line";
  line.toggleAttribute("data-fault", said !== "");
  if (said) line.dataset.fault = said;
  const kinds = new Array(text.length).fill("");
  for (const found of text.matchAll(WORDS)) {
    kinds.fill(found[1] ? "note" : "word", found.index, found.index + found[0].length);
  }
  const wrong = new Array(text.length).fill("");
  for (const [, start, end] of marks) wrong.fill(" wrong", start, Math.max(end, start + 1));
  const pieces = [];
  for (let at = 0; at < text.length; ) {
    let end = at + 1;
    while (end < text.length && kinds[end] === kinds[at] && wrong[end] === wrong[at]) end += 1;
    const kind = (kinds[at] + wrong[at]).trim();
    const piece = kind ? document.createElement("span") : document.createTextNode("");
    if (kind) piece.className = kind;
    piece.textContent = text.slice(at, end);
    pieces.push(piece);
    at = end;
  }
  line.replaceChildren(...(pieces.length ? pieces : [document.createElement("br")]));
  return true;
}
