// search(guideline, goTo): hits from the server while somebody types; goTo(clause) is called for the one chosen.
const PAUSE_MS = 160;
const HIGHLIGHT = "guideline-hit";

const runs = (parts) =>
  parts.map(({ text, is_hit }) => {
    const node = document.createElement(is_hit ? "mark" : "span");
    node.textContent = text;
    return node;
  });

const span = (name, ...children) => {
  const node = document.createElement("span");
  node.className = name;
  node.append(...children);
  return node;
};

const entry = (hit) => {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `#${hit.anchor}`;
  link.append(
    span("hit-title", span("clause-number", hit.number), " ", span("", ...runs(hit.title))),
    span("hit-text", ...runs(hit.excerpt)),
  );
  item.append(link);
  return item;
};

const wordsOf = (hits) => {
  const words = hits.flatMap((hit) => [...hit.title, ...hit.excerpt]).filter((run) => run.is_hit);
  return [...new Set(words.map((run) => run.text.toLowerCase()))].filter((word) => word.trim());
};

// The page's own text is left alone: the browser paints over it.
export const paint = (clause, words) => {
  if (!CSS.highlights) return;
  CSS.highlights.delete(HIGHLIGHT);
  if (!clause || !words.length) return;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  const walker = document.createTreeWalker(clause, NodeFilter.SHOW_TEXT);
  const ranges = [];
  while (walker.nextNode()) {
    for (const { index, 0: found } of walker.currentNode.data.matchAll(pattern)) {
      const range = new Range();
      range.setStart(walker.currentNode, index);
      range.setEnd(walker.currentNode, index + found.length);
      ranges.push(range);
    }
  }
  CSS.highlights.set(HIGHLIGHT, new Highlight(...ranges));
};

export function search(guideline, goTo) {
  const input = guideline.querySelector("[data-guideline-search]");
  const said = guideline.querySelector("[data-guideline-found]");
  const list = guideline.querySelector("[data-guideline-hits]");
  if (!input || !list) return;
  let timer = 0;
  let asked = null;
  let words = [];

  const clear = () => {
    asked?.abort();
    list.hidden = true;
    list.replaceChildren();
    said.textContent = "";
    delete guideline.dataset.searching;
    paint(null, []);
  };

  const ask = async () => {
    const query = input.value.trim();
    if (!query) {
      clear();
      return;
    }
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    let response;
    let found;
    try {
      response = await fetch(`${guideline.dataset.hitsUrl}&q=${encodeURIComponent(query)}`, { signal, redirect: "error" });
      found = await response.json();
    } catch {
      if (!signal.aborted) said.textContent = "The search was not reached.";
      return;
    }
    if (!response.ok) {
      said.textContent = found.detail ?? "The search failed.";
      return;
    }
    words = wordsOf(found.hits);
    list.replaceChildren(...found.hits.map(entry));
    list.hidden = !found.hits.length;
    guideline.dataset.searching = "";
    const all = `${found.n_all} clause${found.n_all === 1 ? "" : "s"}`;
    said.textContent = found.n_all > found.hits.length ? `${all}; the best ${found.hits.length}` : found.n_all ? all : "Nothing holds this.";
  };

  const show = (anchor) => {
    const clause = guideline.querySelector(`[data-guideline-text] [id="${CSS.escape(anchor)}"]`);
    if (!clause) return;
    paint(clause, words);
    goTo?.(clause);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.form?.addEventListener("submit", (event) => {
    const first = list.querySelector("a");
    if (!first || !guideline.hasAttribute("data-searching")) return;
    event.preventDefault();
    first.click();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) {
      event.stopPropagation();
      input.value = "";
      clear();
    } else if (event.key === "ArrowDown" && list.firstChild) {
      event.preventDefault();
      list.querySelector("a").focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const links = [...list.querySelectorAll("a")];
    const to = links.indexOf(event.target.closest("a")) + step;
    (links[to] ?? (to < 0 ? input : null))?.focus();
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    if (goTo) event.preventDefault();
    show(link.hash.slice(1));
  });

  const given = new URLSearchParams(location.search).get("q");
  if (given && guideline.hasAttribute("data-guideline-page")) {
    input.value = given;
    ask().then(() => location.hash && show(location.hash.slice(1)));
  }
}
