// A figure that is only looked at: the SVG that Python made, as it is.

const drawn = new WeakMap();
const DRAWN = "tensor-diagrams:drawn"; // the mark of a figure
const LARGEST = 1.1; // times its own size

export default function ({ parentElement, data: [data] }) {
  const root = parentElement.querySelector(".still");
  root.style.height = data.height;
  if (drawn.get(root) === data.svg) return;
  drawn.set(root, data.svg);
  const parsed = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
  const svg = document.importNode(parsed, true);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", data.title);
  for (const thing of svg.querySelectorAll("[data-path]")) {
    for (const name of ["tabindex", "role", "aria-label"]) thing.removeAttribute(name);
  }
  for (const [side, most] of [["width", "maxWidth"], ["height", "maxHeight"]]) {
    svg.style[most] = `min(100%, ${LARGEST * svg.getAttribute(side)}px)`;
  }
  root.replaceChildren(svg);
  if (!performance.getEntriesByName(DRAWN).length) performance.mark(DRAWN); // the keeper waits for one
}
