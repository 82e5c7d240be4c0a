// Asks for a newer board every two seconds while the page is looked at, and swaps it in.
const EVERY_MS = 2000;
const LONGEST_MS = 60000;

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
  const scrolled = [...place.querySelectorAll(".table-scroll")].map((box) => box.scrollLeft);
  place.replaceChildren(fresh);
  place.querySelectorAll(".table-scroll").forEach((box, i) => (box.scrollLeft = scrolled[i] ?? 0));
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
