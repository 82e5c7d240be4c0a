// The guideline beside a task: fetched when it is first in sight, kept by the browser for good.
// "guideline:shown" on its element tells others that its clauses are there; "guideline:pins" with the
// anchors in `detail` tells it which clauses to keep on top.
import { contents } from "./guideline-contents.js";
import { search } from "./guideline-search.js";

const isInSight = (panel) => panel.checkVisibility?.({ visibilityProperty: true }) ?? true;

const goTo = (clause) => {
  clause.tabIndex = -1;
  clause.scrollIntoView({ block: "start" });
  clause.focus({ preventScroll: true });
};

const pinned = (panel, anchors) => {
  const box = panel.querySelector("[data-guideline-pinned]");
  const text = panel.querySelector("[data-guideline-text]");
  const open = new Set([...box.querySelectorAll("details[open]")].map((each) => each.dataset.for));
  const items = anchors.flatMap((anchor) => {
    const clause = text.querySelector(`[id="${CSS.escape(anchor)}"]`);
    if (!clause) return [];
    const item = document.createElement("details");
    item.className = "pinned-clause";
    item.dataset.for = anchor;
    item.open = open.has(anchor);
    const title = document.createElement("summary");
    const copy = clause.cloneNode(true);
    const heading = copy.querySelector(":is(h1, h2, h3, h4, h5, h6)");
    title.append(...heading.childNodes);
    heading.remove();
    for (const each of [copy, title]) {
      for (const node of each.querySelectorAll("button, form, [data-note], .clause-tools")) node.remove();
      for (const node of each.querySelectorAll("a.clause-number")) node.replaceWith(...node.childNodes);
    }
    item.append(title, ...copy.childNodes);
    return [item];
  });
  box.replaceChildren(...items);
  box.hidden = !items.length;
};

const failed = (panel, place) => {
  const again = document.createElement("button");
  again.className = "button small";
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => load(panel));
  const words = document.createElement("p");
  words.textContent = "The guideline was not reached.";
  place.replaceChildren(words, again);
  delete panel.dataset.loading;
};

async function load(panel) {
  if (panel.hasAttribute("data-loading") || panel.hasAttribute("data-shown")) return;
  panel.dataset.loading = "";
  const place = panel.querySelector("[data-guideline-place]");
  try {
    const response = await fetch(panel.dataset.fragmentUrl, { redirect: "error" });
    if (!response.ok) throw new Error(String(response.status));
    place.innerHTML = await response.text(); // sanitised by the server's one renderer
  } catch {
    failed(panel, place);
    return;
  }
  contents(panel, { root: panel.querySelector(".body") });
  search(panel, goTo);
  panel.addEventListener("guideline:pins", (event) => pinned(panel, event.detail));
  panel.dataset.shown = "";
  panel.dispatchEvent(new CustomEvent("guideline:shown", { bubbles: true }));
}

const panel = () => document.querySelector(".guideline-aside[data-fragment-url]");

const start = () => {
  const look = () => panel() && isInSight(panel()) && load(panel());
  // What the labeler is about to read comes first.
  if (window.requestIdleCallback) requestIdleCallback(look, { timeout: 1500 });
  else setTimeout(look, 200);
};

// Links between clauses stay within the panel: the address of the page is the task's.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".guideline-aside a[href^='#c-']");
  if (!link || event.defaultPrevented) return;
  event.preventDefault();
  const clause = link.closest(".guideline-aside").querySelector(`[data-guideline-text] [id="${CSS.escape(link.hash.slice(1))}"]`);
  if (clause) goTo(clause);
});

document.addEventListener("panel:opened", () => panel() && load(panel()));
document.addEventListener("work:shown", start);
start();
