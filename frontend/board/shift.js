// What is dragged is drawn where it is at once, roughly; Python routes the wires on the drop.

function shiftPicture(board) {
  for (const thing of things(board)) {
    const id = thing.dataset.path;
    if (board.data.wires[id]) shiftWire(board, thing, board.data.wires[id]);
    else if (board.data.items[id]) translate(thing, board.shifts.get(id));
    else if (board.data.regions[id]) shiftRegion(board, thing, board.data.regions[id]);
  }
  for (const each of grips(board)) {
    const wire = board.data.wires[each.dataset.wire];
    const end = wire.ends[Number(each.dataset.end)] || wire.ends[0];
    translate(each, board.shifts.get(end));
  }
}

function translate(element, shift) {
  if (shift) element.setAttribute("transform", `translate(${shift[0]} ${shift[1]})`);
  else element.removeAttribute("transform");
}

function shiftWire(board, thing, wire) {
  const still = [0, 0];
  const start = board.shifts.get(wire.ends[0]) ?? still;
  const end = wire.open ? start : (board.shifts.get(wire.ends[1]) ?? still);
  const at = wire.curve.map(([x, y], place) => {
    const [dx, dy] = place < 2 ? start : end;
    return `${x + dx} ${y + dy}`;
  });
  for (const path of thing.querySelectorAll("path")) path.setAttribute("d", `M${at[0]}C${at.slice(1).join(" ")}`);
  const middle = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2];
  const text = thing.querySelector("text");
  if (text) translate(text, middle);
}

function shiftRegion(board, thing, region) {
  const shifts = region.holds.map((id) => board.shifts.get(id)?.join(" ") ?? "");
  const together = shifts.length > 0 && shifts.every((shift) => shift === shifts[0]);
  translate(thing, together ? board.shifts.get(region.holds[0]) : undefined);
}
