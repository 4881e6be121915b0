// What part of the picture is seen: pan, zoom, fit.

const CLOSEST = 4;
const FARTHEST = 0.1;
const LARGEST = 1.35; // to which a small picture is enlarged when it is fitted
const ROOM = 26; // around a picture that is fitted

function makeView() {
  return { x: -200, y: -150, scale: 1, frame: null, fitted: true };
}

function size(board) {
  const { clientWidth, clientHeight } = board.figure;
  return [Math.max(clientWidth, 50), Math.max(clientHeight, 50)];
}

function look(board) {
  const { x, y, scale } = board.view;
  const [width, height] = size(board);
  const svg = board.figure.firstElementChild;
  svg?.setAttribute("viewBox", [x, y, width / scale, height / scale].join(" "));
  board.zoomed.textContent = `${Math.round(scale * 100)} %`;
  moveBubble(board);
}

function fit(board) {
  const [width, height] = size(board);
  const frame = board.view.frame ?? { x: -width / 2, y: -height / 2, width, height };
  const room = board.view.frame ? ROOM : 0;
  const across = (width - 2 * room) / Math.max(frame.width, 1);
  const down = (height - 2 * room) / Math.max(frame.height, 1);
  const scale = Math.min(LARGEST, Math.max(FARTHEST, Math.min(across, down)));
  const x = frame.x + frame.width / 2 - width / scale / 2;
  const y = frame.y + frame.height / 2 - height / scale / 2;
  Object.assign(board.view, { x, y, scale: board.view.frame ? scale : 1, fitted: true });
  look(board);
}

// The view stays where it is unless something of the picture would be out of it.

function stay(board) {
  const { x, y, scale, frame } = board.view;
  if (!frame) return look(board);
  const [width, height] = size(board).map((length) => length / scale);
  const inside =
    frame.x >= x && frame.y >= y && frame.x + frame.width <= x + width && frame.y + frame.height <= y + height;
  if (inside || !board.view.fitted) look(board);
  else fit(board);
}

function pan(board, dx, dy) {
  board.view.x -= dx / board.view.scale;
  board.view.y -= dy / board.view.scale;
  board.view.fitted = false;
  look(board);
}

function zoom(board, factor, at = null) {
  const { view } = board;
  const [width, height] = size(board);
  const [px, py] = at ?? [width / 2, height / 2];
  const scale = Math.min(CLOSEST, Math.max(FARTHEST, view.scale * factor));
  view.x += px / view.scale - px / scale;
  view.y += py / view.scale - py / scale;
  Object.assign(view, { scale, fitted: false });
  look(board);
}

function onWheel(board, event) {
  event.preventDefault();
  if (board.space) return pan(board, -event.deltaX, -event.deltaY);
  const lines = event.deltaMode === 1 ? 16 : 1;
  zoom(board, Math.exp(-event.deltaY * lines * 0.0016), inFigure(board, event));
}

function inFigure(board, event) {
  const box = board.figure.getBoundingClientRect();
  return [event.clientX - box.x, event.clientY - box.y];
}

function inPicture(board, event) {
  const [x, y] = inFigure(board, event);
  return [board.view.x + x / board.view.scale, board.view.y + y / board.view.scale];
}

function onScreen(board, [x, y]) {
  return [(x - board.view.x) * board.view.scale, (y - board.view.y) * board.view.scale];
}

// A free place for a new node: the nearest one to the middle of what is seen.

const BESIDE = 150;

function freePlace(board, near = null) {
  const [width, height] = size(board).map((length) => length / board.view.scale / 2);
  const [x, y] = near ?? [board.view.x + width, board.view.y + height];
  const taken = Object.values(board.data.items).map((item) => item.at);
  taken.push(...board.added);
  for (let ring = 0; ring < 60; ring += 1) {
    for (let step = 0; step < Math.max(1, 6 * ring); step += 1) {
      const angle = (2 * Math.PI * step) / Math.max(1, 6 * ring);
      const at = [x + ring * 50 * Math.cos(angle), y + ring * 50 * Math.sin(angle)];
      if (taken.every((other) => Math.hypot(other[0] - at[0], other[1] - at[1]) >= BESIDE)) {
        board.added.push(at);
        return at.map(Math.round);
      }
    }
  }
  return [x, y].map(Math.round);
}
