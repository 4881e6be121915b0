// What is asked before something is added or changed; all of it can be clicked.

const KINDS = ["input", "weight", "const", "index", "buffer"];

// A name and legs; a letter that is there already gets a prime, so that it has the same length.

function nodeForm(board, panel) {
  const form = { source: board.source, name: "", legs: [], ofLength: false, isTyped: false };
  const proposed = () => board.data.names[form.source];
  const written = () => `${form.name || proposed()}[${form.legs.join(" ")}]`;
  const show = () => {
    if (!form.isTyped) input.value = written();
    if (!form.isTyped && panel.getRootNode().activeElement === input) input.select();
    for (const chip of kinds.querySelectorAll("button")) {
      chip.setAttribute("aria-pressed", String(chip.textContent === form.source));
    }
    other.setAttribute("aria-pressed", String(form.ofLength));
  };
  const kinds = addChips(panel, "Kind", KINDS, (kind) => {
    Object.assign(form, { source: kind, name: "", legs: [], isTyped: false });
    board.source = kind;
    show();
  });
  const input = addField(panel, "Name and legs", written(), (text) => {
    form.isTyped = true;
    read(form, text, proposed());
  }, add);
  const letters = [...board.data.dims.known, ...board.data.dims.free];
  const row = addChips(panel, "Legs", letters, (letter) => {
    addLetter(form, letter);
    form.isTyped = false;
    show();
  });
  const other = makeButton("of length …", () => {
    form.ofLength = form.legs.length > 0 && !form.ofLength;
    show();
  }, { kind: "chip", pressed: false, title: "The next letter is the length of the last leg" });
  const back = makeButton("⌫", () => {
    form.legs.pop();
    Object.assign(form, { ofLength: false, isTyped: false });
    show();
  }, { kind: "chip", said: "Take the last leg away" });
  row.append(other, back);
  part(panel, "end").append(makeButton("Add it", add, { kind: "primary" }));
  function add() {
    const at = freePlace(board);
    const text = `${form.name}[${form.legs.join(" ")}]`;
    const typed = form.isTyped ? input.value : null;
    push(board, { kind: "add", source: form.source, text, at }, at);
    board.chosen = [form.name || proposed()];
    Object.assign(form, { name: "", isTyped: false });
    board.refill = (isRefused) => {
      board.refill = show;
      if (isRefused && typed !== null && !form.isTyped) restore(typed);
      show();
    };
  }
  function restore(text) {
    form.isTyped = true;
    input.value = text;
    read(form, text, proposed());
  }
  show();
}

function read(form, text, proposed) {
  const [, name, legs] = /^\s*([^[]*?)\s*(?:\[([^\]]*)\]?)?\s*$/.exec(text) ?? [null, text, ""];
  form.name = name === proposed ? "" : name;
  form.legs = (legs ?? "").split(/[\s,]+/).filter(Boolean);
}

function addLetter(form, letter) {
  if (form.ofLength) {
    form.legs.push(`${form.legs.pop().split(":")[0]}:${letter}`);
    form.ofLength = false;
    return;
  }
  let name = letter;
  while (form.legs.some((leg) => leg.split(":")[0] === name)) name += "'";
  form.legs.push(name);
}

// -- one text, written or clicked ---------------------------------------------------------------

function textForm(board, panel, label, value, rows, done) {
  const finish = (text) => {
    if (!text.trim()) return;
    closePanel(board);
    done(text.trim());
  };
  const input = addField(panel, label, value, () => {}, finish);
  for (const [name, entries] of rows) addChips(panel, name, entries, finish);
  part(panel, "end").append(makeButton("Do it", () => finish(input.value), { kind: "primary" }));
  input.select();
}

function legForm(board, panel, id) {
  const value = board.data.items[id]?.value ?? id;
  const own = new Set(board.data.letters[value] ?? []);
  const { known, free } = board.data.dims;
  const primed = (letter) => (own.has(letter) ? primed(`${letter}'`) : letter);
  const rows = [["Letter", [...known, ...free].map(primed)]];
  textForm(board, panel, "Leg, such as n or s:r", "", rows, (text) =>
    push(board, { kind: "leg", path: id, text }, placeOf(board, id)),
  );
}

function renameForm(board, panel, id) {
  const isLeg = ["wire", "junction"].includes(kindOf(board, id));
  const { wires, items, dims, names } = board.data;
  const path = isLeg ? (wires[id] ? legOf(board, id) : id) : id;
  const now = isLeg ? (wires[id]?.letter ?? "") : (items[id]?.value ?? id);
  const rows = isLeg ? [["Letter", [...dims.known, ...dims.free]]] : [["Name", nameChips(now, names)]];
  textForm(board, panel, isLeg ? "Letter" : "Name", now, rows, (text) =>
    push(board, { kind: "rename", path, text }, placeOf(board, id)),
  );
}

// The names of attention, for those who do not type.

function nameChips(now, names) {
  const stem = now.replace(/[\d']+$/, "");
  const usual = ["WQ", "WK", "WV", "WO", "S", "A", "Y", "Z", "Q", "K", "V"];
  return [...new Set([...Object.values(names), ...(stem ? [`${stem}'`] : []), ...usual])].filter((name) => name !== now);
}

function scaleForm(board, panel, id) {
  const path = kindOf(board, id) === "factor" ? id.replace(/\/scale$/, "") : legOf(board, id) || id;
  const statement = path.split(/[/:]/)[0];
  const letters = board.data.letters[statement] ?? board.data.dims.known;
  const rows = [
    ["Root", letters.map((letter) => `/ sqrt(${letter})`)],
    ["Length", letters.map((letter) => `/ ${letter}`)],
    ["Number", ["/ 2", "* 2"]],
  ];
  textForm(board, panel, "Factor", "", rows, (text) =>
    push(board, { kind: "scale", path, text }, placeOf(board, id)),
  );
}

function opForm(board, panel, ids) {
  const legs = ids.every((id) => ["wire", "junction"].includes(kindOf(board, id)));
  const paths = legs ? ids.map((id) => legOf(board, id)) : [ids[0]];
  const wrap = (op) => {
    closePanel(board);
    push(board, { kind: "wrap", paths, op }, placeOf(board, ids[0]));
  };
  if (legs) addChips(panel, "Over the leg", board.data.ops.over, wrap);
  addChips(panel, "Elementwise", board.data.ops.each, wrap);
}
