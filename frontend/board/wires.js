// Wires and legs: where they are taken hold of, and which leg a wire, a point or a node stands for.

const SVG = "http://www.w3.org/2000/svg";
const NEAR = 24; // pixels of the screen within which a leg is hit

function kindOf(board, id) {
  const { wires, regions, items } = board.data;
  if (id in wires) return "wire";
  if (id.endsWith("/scale")) return "factor";
  if (id in regions) return "region";
  if (!(id in items)) return "";
  return items[id].call ? "call" : items[id].node ? "node" : "junction";
}

// The leg that a thing stands for: of a wire that at its nearer end, of a point one that meets there.

function legOf(board, id, end = 0) {
  const { wires } = board.data;
  const wire = wires[id];
  if (wire) return wire.legs[end] || wire.legs[1 - end] || (id.includes("/") ? id : meeting(board, wire.ends));
  if (kindOf(board, id) === "junction") return meeting(board, [id]);
  return "";
}

function meeting(board, points) {
  const { wires } = board.data;
  const near = Object.entries(wires).filter(([, wire]) => wire.ends.some((end) => points.includes(end)));
  for (const [, wire] of near) if (wire.legs[0] || wire.legs[1]) return wire.legs[0] || wire.legs[1];
  return near.map(([id]) => id).find((id) => id.includes("/")) ?? "";
}

function wireOfLeg(board, leg) {
  const found = Object.entries(board.data.wires).find(([id, wire]) => wire.legs.includes(leg) || id === leg);
  return found ? found[0] : "";
}

// A leg of a node for one of this dim: an open one if there is.

function legOfNode(board, node, dim, but) {
  const legs = Object.entries(board.data.wires).flatMap(([, wire]) =>
    wire.legs.map((leg, end) => ({ leg, at: wire.ends[end], wire })),
  );
  const own = legs.filter(({ leg, at }) => leg && at === node && leg !== but);
  const fitting = own.filter(({ wire }) => wire.dim === dim);
  return (fitting.find(({ wire }) => wire.open) ?? fitting[0] ?? own[0])?.leg ?? "";
}

function isShared(board, id) {
  const wire = board.data.wires[id];
  return wire ? !wire.open || wire.ends.some((end) => end && kindOf(board, end) === "junction") : true;
}

// Whether an edge is kept: it is open, or one of its points has an open wire.

function isKept(board, id) {
  const wire = board.data.wires[id];
  if (wire?.open) return true;
  const points = (wire ? wire.ends : [id]).filter((end) => kindOf(board, end) === "junction");
  return Object.values(board.data.wires).some(
    (other) => (other.open || !other.legs.some(Boolean)) && other.ends.some((end) => points.includes(end)),
  );
}

// The path under which a call was unfolded whose region this is; of several layers the first.

const unfoldedAt = (board, id) => board.data.unfolded.find((path) => path === id || `${path}.0` === id) ?? "";

// -- grips ------------------------------------------------------------------------------------

function drawGrips(board, svg) {
  const layer = document.createElementNS(SVG, "g");
  layer.setAttribute("class", "grips");
  for (const [id, wire] of Object.entries(board.data.wires)) {
    for (const end of [0, 1]) {
      const free = wire.open && end === 1;
      const leg = free ? legOf(board, id) : wire.legs[end];
      if (leg) layer.append(grip(id, wire, end, leg, free));
    }
  }
  svg.append(layer);
}

function grip(id, wire, end, leg, free) {
  const [x, y] = wire.grips[end];
  const made = document.createElementNS(SVG, "g");
  made.setAttribute("class", free ? "grip free" : "grip");
  Object.assign(made.dataset, { wire: id, end, leg, gripDim: wire.dim });
  for (const [name, radius] of [["reach", free ? 11 : 9], ["knob", free ? 4.5 : 3.6]]) {
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("class", name);
    for (const [key, value] of [["cx", x], ["cy", y], ["r", radius]]) circle.setAttribute(key, value);
    made.append(circle);
  }
  return made;
}

const grips = (board) => [...board.figure.querySelectorAll(".grip")];

function nearestGrip(board, [x, y], but) {
  let best = null;
  let least = NEAR / board.view.scale;
  for (const each of grips(board)) {
    if (each.dataset.leg === but) continue;
    const [gx, gy] = gripAt(board, each);
    const far = Math.hypot(gx - x, gy - y);
    if (far < least) [best, least] = [each, far];
  }
  return best;
}

function gripAt(board, each) {
  const wire = board.data.wires[each.dataset.wire];
  const end = Number(each.dataset.end);
  const [dx, dy] = board.shifts.get(wire.ends[wire.open ? 0 : end]) ?? [0, 0];
  return [wire.grips[end][0] + dx, wire.grips[end][1] + dy];
}
