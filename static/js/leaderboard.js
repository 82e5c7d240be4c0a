// Asks for a newer board every two seconds while the page is looked at, and swaps it in where it
// stands: what was scrolled, opened or focused stays so, and nothing above the change moves.
const EVERY_MS = 2000;
const LONGEST_MS = 60000;
const FOCUSABLE = "a, button, summary, [tabindex]";

const place = document.querySelector("[data-board-from]");
let etag = "";
let wait = EVERY_MS;

async function refresh() {
  const response = await fetch(place.dataset.boardFrom, {
    headers: etag ? { "If-None-Match": etag } : {},
    cache: "no-store",
  });
  if (response.status === 304) return;
  if (!response.ok) throw new Error(String(response.status));
  const html = await response.text();
  etag = response.headers.get("ETag") ?? "";
  const shown = place.querySelector("[data-board]");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-board]");
  if (!fresh || fresh.dataset.board === shown?.dataset.board) return;
  swap(fresh);
}

function swap(fresh) {
  const scrolled = all(".table-scroll").map((box) => [box.scrollLeft, box.scrollTop]);
  const opened = all("details").map((box) => box.open);
  const focused = all(FOCUSABLE).indexOf(document.activeElement);
  mark(fresh);
  place.replaceChildren(fresh);
  all("details").forEach((box, i) => (box.open = opened[i] ?? false));
  all(".table-scroll").forEach((box, i) => box.scrollTo(...(scrolled[i] ?? [0, 0])));
  if (focused >= 0) all(FOCUSABLE)[focused]?.focus({ preventScroll: true });
}

/* Rows whose numbers moved are marked for a moment; the numbers themselves say how. */
function mark(fresh) {
  const before = new Map(rows(place).map((row) => [row.dataset.model, row.textContent]));
  for (const row of rows(fresh)) {
    const was = before.get(row.dataset.model);
    if (before.size && was !== row.textContent) row.classList.add("moved");
  }
}

function rows(within) {
  return [...within.querySelectorAll("tr[data-model]")];
}

function all(selector) {
  return [...place.querySelectorAll(selector)];
}

async function loop() {
  if (!document.hidden) {
    try {
      await refresh();
      wait = EVERY_MS;
    } catch {
      wait = Math.min(wait * 2, LONGEST_MS);
    }
  }
  setTimeout(loop, wait);
}

if (place) setTimeout(loop, EVERY_MS);
