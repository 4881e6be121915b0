// What the browser keeps: the document in its address, and named texts over visits.

const PREFIX = "tensor-diagrams:";
let told = false; // once a visit

export default function ({ data, setStateValue }) {
  if (data.asks && !told) {
    told = true;
    const found = Object.fromEntries(data.names.map((name) => [name, recall(name)]));
    if (Object.values(found).some((text) => text !== null)) setStateValue("kept", found);
  }
  for (const [name, text] of Object.entries(data.keep)) remember(name, text);
  address(data.link);
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

// Without an entry in the history: "back" leaves the page, as people expect.

function address(link) {
  const url = new URL(window.location.href);
  if ((url.searchParams.get("d") ?? "") === link) return;
  if (link) url.searchParams.set("d", link);
  else url.searchParams.delete("d");
  window.history.replaceState(window.history.state, "", url);
}
