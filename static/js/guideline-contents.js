// contents(guideline): the table of contents folds, follows the scroll and is walked with the arrow keys.
const linksShown = (nav) => [...nav.querySelectorAll("a")].filter((link) => link.checkVisibility?.() ?? link.offsetParent);
const foldOf = (entry) => entry?.querySelector(":scope > .toc-entry > .toc-fold");
const entryOf = (node) => node?.closest("li[data-for]");
const above = (entry) => entryOf(entry.parentElement);

const set = (fold, open) => {
  fold?.setAttribute("aria-expanded", String(open));
  entryOf(fold)?.classList.toggle("is-folded", !open);
};

const folding = (nav) => {
  nav.addEventListener("click", (event) => {
    const fold = event.target.closest(".toc-fold");
    if (fold) set(fold, fold.getAttribute("aria-expanded") !== "true");
  });
};

const walking = (nav) => {
  nav.addEventListener("keydown", (event) => {
    const link = event.target.closest("a");
    if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
    const entry = entryOf(link);
    const fold = foldOf(entry);
    const links = linksShown(nav);
    const at = links.indexOf(link);
    const isOpen = fold?.getAttribute("aria-expanded") === "true";
    const moves = {
      ArrowDown: () => links[at + 1]?.focus(),
      ArrowUp: () => links[at - 1]?.focus(),
      Home: () => links[0].focus(),
      End: () => links.at(-1).focus(),
      ArrowRight: () => (fold && !isOpen ? set(fold, true) : links[at + 1]?.focus()),
      ArrowLeft: () => (isOpen ? set(fold, false) : above(entry)?.querySelector("a").focus()),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
};

// The box in which the contents scroll is moved by hand: scrollIntoView would move the page as well.
const keepInSight = (link) => {
  const box = link.closest(".sidebar, .contents-box");
  if (!box || box.scrollHeight <= box.clientHeight) return;
  const inside = box.getBoundingClientRect();
  const place = link.getBoundingClientRect();
  if (place.top < inside.top + 8) box.scrollTop -= inside.top + 40 - place.top;
  else if (place.bottom > inside.bottom - 8) box.scrollTop += place.bottom - inside.bottom + 40;
};

// A clause is the current one while it holds the line just below where a link to it would put it.
const following = (nav, text, root) => {
  const links = new Map([...nav.querySelectorAll("li[data-for]")].map((entry) => [entry.dataset.for, entry.querySelector("a")]));
  const order = new Map([...links.keys()].map((anchor, at) => [anchor, at]));
  const inSight = new Set();
  let current = null;
  let opened = [];

  const mark = (link) => {
    if (link === current) return;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "location");
    const path = [];
    for (let entry = above(entryOf(link)); entry; entry = above(entry)) path.push(foldOf(entry));
    // What was opened only to show the place is folded again when the place is elsewhere.
    for (const fold of opened) if (!path.includes(fold)) set(fold, false);
    opened = path.filter((fold) => fold && (opened.includes(fold) || fold.getAttribute("aria-expanded") === "false"));
    for (const fold of opened) set(fold, true);
    if (!nav.contains(document.activeElement)) keepInSight(link);
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inSight.add(target.id);
        else inSight.delete(target.id);
      }
      const first = [...inSight].sort((one, other) => order.get(one) - order.get(other))[0];
      if (links.has(first)) mark(links.get(first));
    },
    { root, rootMargin: `-${root ? 24 : 96}px 0px -60% 0px` },
  );
  for (const clause of text.querySelectorAll(":scope > .clause")) observer.observe(clause);
};

export function contents(guideline, { root = null } = {}) {
  const nav = guideline.querySelector("[data-guideline-toc] .toc");
  const text = guideline.querySelector("[data-guideline-text]");
  if (!nav || !text) return;
  folding(nav);
  walking(nav);
  following(nav, text, root);
}
