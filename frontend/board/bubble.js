// What is said of a gesture: a refusal beside it, and all of it to who listens.

function speak(board, text) {
  board.live.textContent = text;
}

function refuse(board, refused) {
  const [number] = refused.at(-1);
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : "";
  board.bubble.textContent = refused.at(-1)[1] + more;
  board.bubbleAt = board.log.places.get(number) ?? null;
  board.bubble.hidden = false;
  moveBubble(board);
}

function moveBubble(board) {
  if (board.bubble.hidden) return;
  const [width, height] = size(board);
  const [x, y] = board.bubbleAt ? onScreen(board, board.bubbleAt) : [width / 2, 10];
  const { offsetWidth, offsetHeight } = board.bubble;
  const below = y + 16 + offsetHeight > height;
  const left = Math.min(Math.max(6, x - offsetWidth / 2), Math.max(6, width - offsetWidth - 6));
  const top = below ? Math.max(6, y - offsetHeight - 16) : y + 16;
  Object.assign(board.bubble.style, { left: `${left}px`, top: `${top}px` });
}

// The next action takes it away.

function hush(board) {
  board.bubble.hidden = true;
  board.bubble.textContent = "";
}
