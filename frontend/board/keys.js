// The keyboard: walking, choosing, and what has a key of its own.

function onKey(board, event) {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.target.closest?.("input")) return;
  if (command && key === "z") push(board, { kind: event.shiftKey ? "redo" : "undo" });
  else if (command && key === "y") push(board, { kind: "redo" });
  else if (command || event.altKey) return;
  else if (!board.figure.contains(event.target)) return;
  else if (event.key === "Delete" || event.key === "Backspace") deleteChosen(board);
  else if (event.key === "Escape") board.aim ? stopAiming(board) : choose(board, "");
  else if (event.key === "+" || event.key === "=") zoom(board, 1.25);
  else if (event.key === "-") zoom(board, 0.8);
  else if (event.key === "0") fit(board);
  else if (!walk(board, event)) return;
  event.preventDefault();
}

function walk(board, event) {
  const thing = thingAt(event);
  if (event.key === " " && thing === null) return (board.space = true);
  if (thing === null && event.key in WAYS) return things(board)[0]?.focus() ?? true;
  if (thing === null) return false;
  if (event.key === "Enter" || event.key === " ") choose(board, thing.dataset.path, event.shiftKey || board.several);
  else if (event.key in WAYS) nearest(board, thing, WAYS[event.key])?.focus();
  else return false;
  return true;
}

function onKeyUp(board, event) {
  if (event.key === " ") board.space = false;
}
