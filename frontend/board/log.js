// What was done, numbered: sent as one growing list, and kept until Python has taken it.

const PACE = 40; // milliseconds between two sendings
const UNKEPT = "tensor-diagrams:log"; // in this tab, until the address has it: a reload loses nothing
const LATER = 400; // milliseconds until the address is looked at again
const RECORDED = 2000;

function makeLog() {
  const none = { waiting: [], record: [], unkept: [], places: new Map() };
  return { name: null, count: 0, drawn: 0, last: 0, link: "", base: "", ...none };
}

// An act is an edit as Python reads it; `place` is where its answer is shown, in the picture.

function push(board, act, place) {
  const log = board.log;
  log.count += 1;
  const op = { n: log.count, seen: log.drawn, ...act };
  log.waiting.push(op);
  log.record.push(op);
  log.record.splice(0, log.record.length - RECORDED);
  if (place) log.places.set(op.n, place);
  hush(board);
  keep(log, op);
  report(board);
  send(board);
  return op.n;
}

function send(board) {
  const log = board.log;
  if (log.timer || !log.waiting.length) return;
  const wait = Math.max(0, PACE - (performance.now() - log.last));
  log.timer = setTimeout(() => {
    log.timer = 0;
    log.last = performance.now();
    board.tell("log", { name: log.name, ops: log.waiting });
  }, wait);
}

// What Python has taken is dropped; a new session gets what the old one did not take.

function acknowledge(board, data) {
  const log = board.log;
  const isNew = log.name !== data.log;
  log.link = data.link;
  if (isNew) {
    const left = log.name === null ? recall(data) : log.waiting;
    Object.assign(log, { name: data.log, count: data.ack, drawn: data.ack, waiting: [] });
    for (const op of left) resend(log, op);
  }
  log.waiting = log.waiting.filter((op) => op.n > data.ack);
  log.count = Math.max(log.count, data.ack);
  settle(log);
  if (isNew) send(board);
}

function resend(log, op) {
  log.count += 1;
  const again = { ...op, n: log.count, seen: log.count - 1 };
  log.waiting.push(again);
  keep(log, again);
}

// -- over a reload ------------------------------------------------------------------------------

function keep(log, op) {
  if (!log.unkept.length) log.base = log.link;
  log.unkept.push(op);
  store({ base: log.base, ops: log.unkept });
}

// Once the address has the document that all were done to, they need not be kept.

function settle(log) {
  clearTimeout(log.later);
  if (!log.unkept.length || log.waiting.length) return;
  const address = new URL(window.location.href).searchParams.get("d") ?? "";
  if (address !== log.link) log.later = setTimeout(() => settle(log), LATER);
  else store((log.unkept = []));
}

function store(found) {
  try {
    if (Array.isArray(found)) sessionStorage.removeItem(UNKEPT);
    else sessionStorage.setItem(UNKEPT, JSON.stringify(found));
  } catch {
    // storage is full or switched off
  }
}

// What was done on an earlier page, if the document is the one that it was done to.

function recall(data) {
  try {
    const found = JSON.parse(sessionStorage.getItem(UNKEPT) ?? "null");
    return found?.base === data.link ? found.ops : [];
  } catch {
    return [];
  }
}
