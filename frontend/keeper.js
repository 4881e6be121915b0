// What the browser keeps: the document in its address, and named texts over visits.

const PREFIX = "tensor-diagrams:";
const DRAWN = "tensor-diagrams:drawn"; // the mark of a figure
const DRAFT = "draft"; // the text that the editor has and Python has not: {text, base}
let room = null; // the page that is there, and its path
let path = "";
let leaves = false; // a link to another page was followed, and that one is not there yet
let found = null; // what earlier visits left, before this one writes over it
let told = false; // once a visit
let watches = false; // for the first figure, once a visit
let last = null; // the document that was kept last in this visit

export default function ({ data: [data], setStateValue, setTriggerValue }) {
  arrive(data.room);
  if (data.waits && !watches) watch(() => setTriggerValue("painted", true));
  if (data.asks) {
    found ??= Object.fromEntries(data.names.map((name) => [name, recall(name)]));
    tellFound(setStateValue);
  }
  for (const [name, text] of Object.entries(data.keep)) remember(name, text);
  const left = follow(data.text, data.keep.document ?? "");
  if (left !== null && !data.edits && !leaves) say(() => setStateValue("left", left));
  readdress(data.link);
}

// A link may have the focus and not be followed: then it is told once the focus goes on.

function tellFound(setStateValue) {
  const [here, link] = [room, focused()];
  if (told || leaves) return;
  if (link) {
    link.addEventListener("blur", () => here === room && tellFound(setStateValue), { once: true });
    return;
  }
  told = true;
  if (Object.values(found).some((text) => text !== null)) say(() => setStateValue("kept", found));
}

// A figure leaves its mark as it is put into the page; the frame after the next one comes once it is
// painted.

function watch(tell) {
  watches = true;
  const here = room;
  const observer = new PerformanceObserver((entries) => {
    if (!entries.getEntriesByName(DRAWN).length) return;
    observer.disconnect();
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (here === room && !leaves && !focused()) say(tell);
      }),
    );
  });
  observer.observe({ type: "mark", buffered: true });
}

// -- who goes to another page ---------------------------------------------------------------------
// Whatever is told until that page is there would call the reader back.

window.addEventListener("click", (event) => onClick(linkAt(event)), { capture: true });
window.addEventListener("popstate", () => (leaves ||= window.location.pathname !== path));

function onClick(link) {
  if (link) leaves = isElsewhere(link); // a second click may take the first one back
}

// The click on a link may be older than this script: it leaves a focus that shows no ring.

function arrive(name) {
  if (name === room) return;
  leaves = room === null && focused()?.matches(":focus-visible") === false;
  [room, path] = [name, window.location.pathname];
}

function focused() {
  const link = document.activeElement?.closest("a[href]");
  return isElsewhere(link) ? link : null;
}

function linkAt(event) {
  const link = event.target.closest?.("a[href]");
  return link?.target || event.ctrlKey || event.metaKey || event.shiftKey ? null : link;
}

function isElsewhere(link) {
  return Boolean(link) && !link.target && link.pathname !== window.location.pathname;
}

// Streamlit sends in its next task what it is told in this one. A link that is clicked between them is
// followed after that: of two wishes the later one holds.

function say(tell) {
  tell();
  const hold = (event) => {
    const link = linkAt(event);
    if (!isElsewhere(link)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => link.click());
  };
  window.addEventListener("click", hold, { capture: true });
  setTimeout(() => window.removeEventListener("click", hold, { capture: true }));
}

// -- what is kept -----------------------------------------------------------------------------------

// A draft goes once the document holds it. One that is newer is a draft of the document as it is now;
// on a page without the editor nobody else would tell of it.

function follow(text, link) {
  const draft = parsed(recall(DRAFT));
  const before = last ?? address();
  last = link;
  if (draft === null) return null;
  if (draft.text === text) forget(DRAFT);
  else if (draft.base === before || draft.base === link) {
    draft.base = link;
    remember(DRAFT, JSON.stringify(draft));
    return draft;
  }
  return null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // left by another version of the studio
  }
}

function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off: the address still holds the document
  }
}

function remember(name, text) {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // storage is full or switched off
  }
}

function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // storage is switched off
  }
}

const address = () => new URL(window.location.href).searchParams.get("d") ?? "";

// Without an entry in the history: "back" leaves the page, as people expect.

function readdress(link) {
  if (address() === link) return;
  const url = new URL(window.location.href);
  if (link) url.searchParams.set("d", link);
  else url.searchParams.delete("d");
  window.history.replaceState(window.history.state, "", url);
}
