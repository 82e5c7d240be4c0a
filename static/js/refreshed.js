// Parts of a page that say how things stand now: [data-refreshed="name"] is fetched anew with its
// page every data-every milliseconds while it is looked at, and swapped where it differs. What was
// opened, scrolled or focused stays so; while somebody is about to press a button in it, it waits.
// A part that comes without data-every has settled; when all have, no page is fetched any more.
const LONGEST_MS = 30000;
const FOCUSABLE = "a, button, summary, [tabindex]";

const parts = () => [...document.querySelectorAll("[data-refreshed]")];
const every = Number(document.querySelector("[data-every]")?.dataset.every) || 5000;
let wait = every;

async function fresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function swap(part, next) {
  // Each rendering has a safety token of its own; a change of that alone is none.
  const said = (element) => element.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
  if (!next || said(next) === said(part) || part.matches(":has(button:active)")) return;
  const all = (selector) => [...part.querySelectorAll(selector)];
  const opened = all("details").map((box) => box.open);
  const scrolled = all(".table-scroll").map((box) => [box.scrollLeft, box.scrollTop]);
  const focused = all(FOCUSABLE).findIndex((element) => element === document.activeElement);
  const label = focused < 0 ? "" : document.activeElement.textContent;
  part.replaceChildren(...next.childNodes);
  all("details").forEach((box, i) => (box.open = opened[i] ?? box.open));
  all(".table-scroll").forEach((box, i) => box.scrollTo(...(scrolled[i] ?? [0, 0])));
  const again = focused < 0 ? null : all(FOCUSABLE).find((element) => element.textContent === label);
  again?.focus({ preventScroll: true });
  if (!next.dataset.every) delete part.dataset.every;
}

async function look() {
  if (!document.hidden) {
    try {
      const page = await fresh();
      for (const part of parts()) {
        swap(part, page.querySelector(`[data-refreshed="${part.dataset.refreshed}"]`));
      }
      wait = every;
    } catch {
      wait = Math.min(wait * 2, LONGEST_MS);
    }
  }
  if (parts().some((part) => part.dataset.every)) setTimeout(look, wait);
}

setTimeout(look, every);
