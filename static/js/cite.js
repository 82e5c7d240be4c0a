// A textarea[data-cites] completes "§" with the clauses of the guideline, and lists below itself what it cites.
// The clauses come from data-clauses-url on the textarea, on an element around it or anywhere in the page, else from
// the guideline beside the task. All by delegation, so that it goes on working when the next task is swapped in.
const MOST_SHOWN = 8;
const TYPED = /§[ \u00a0]?([^§\n]{0,40})$/;
const CITED = /§[ \u00a0]?(\d{1,3}(?:\.\d{1,3}){0,5})/g;

const sources = new Map();
let open = null; // { area, start, found, at, popup }
let isInserting = false;

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const cites = (target) => target instanceof HTMLTextAreaElement && target.matches("[data-cites]");

function addressFor(area) {
  const named = area.closest("[data-clauses-url]") ?? document.querySelector("[data-clauses-url]");
  if (named) return named.dataset.clausesUrl;
  const beside = document.querySelector("[data-guideline][data-fragment-url]");
  return beside?.dataset.fragmentUrl.replace("/fragment/", "/clauses.json");
}

function clausesFor(area) {
  const url = addressFor(area);
  if (!url) return Promise.resolve([]);
  if (!sources.has(url)) {
    const asked = fetch(url, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
      .then((rows) => rows.map((row) => ({ ...row, words: folded(row.title) })));
    sources.set(url, asked);
    asked.catch(() => sources.delete(url));
  }
  return sources.get(url).catch(() => []);
}

// A number as far as it is typed, or words of the title; a number that is followed by anything else is done with.
function matching(clauses, typed) {
  const text = folded(typed);
  if (/^\d/.test(text)) {
    if (!/^[\d.]+$/.test(text)) return [];
    return clauses.filter((clause) => clause.number.startsWith(text)).slice(0, MOST_SHOWN);
  }
  const words = text.split(/\s+/).filter(Boolean);
  return clauses.filter((clause) => words.every((word) => clause.words.includes(word))).slice(0, MOST_SHOWN);
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function close() {
  if (!open) return;
  open.area.removeAttribute("aria-controls");
  open.area.removeAttribute("aria-activedescendant");
  open.popup.remove();
  open = null;
}

// Where the caret is: a copy of the text in a box of the same make, cut off at the caret.
function caretBox(area, at) {
  const copy = document.createElement("div");
  const style = getComputedStyle(area);
  for (const name of ["font", "letterSpacing", "padding", "border", "boxSizing", "lineHeight", "tabSize"]) copy.style[name] = style[name];
  Object.assign(copy.style, {
    position: "fixed",
    visibility: "hidden",
    inlineSize: `${area.offsetWidth}px`,
    whiteSpace: "pre-wrap",
    overflowWrap: "break-word",
  });
  copy.textContent = area.value.slice(0, at);
  const mark = document.createElement("span");
  mark.textContent = "§";
  copy.append(mark);
  document.body.append(copy);
  const box = { x: mark.offsetLeft, y: mark.offsetTop - area.scrollTop, height: mark.offsetHeight };
  copy.remove();
  return box;
}

function place() {
  if (!open) return;
  const { area, popup, start } = open;
  const frame = area.getBoundingClientRect();
  const caret = caretBox(area, start);
  const top = Math.min(Math.max(frame.top + caret.y, frame.top), frame.bottom);
  const below = top + caret.height + 4;
  const isAbove = below + popup.offsetHeight > innerHeight && top - popup.offsetHeight > 4;
  popup.style.top = `${isAbove ? top - popup.offsetHeight - 4 : below}px`;
  popup.style.left = `${Math.max(8, Math.min(frame.left + caret.x, innerWidth - popup.offsetWidth - 8))}px`;
}

function point(at) {
  open.at = (at + open.found.length) % open.found.length;
  [...open.popup.querySelectorAll("[role=option]")].forEach((option, i) => {
    option.setAttribute("aria-selected", String(i === open.at));
    if (i === open.at) {
      open.area.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  });
}

function show(area, start, found) {
  if (!open || open.area !== area) {
    close();
    const popup = make("div", "cite-popup");
    popup.popover = "manual";
    open = { area, popup };
    area.after(popup);
    popup.showPopover();
  }
  const list = make("ul", "cite-options");
  list.id = "cite-options";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Clauses");
  list.append(
    ...found.map((clause, at) => {
      const option = make("li", "cite-option");
      option.id = `cite-option-${at}`;
      option.setAttribute("role", "option");
      option.append(make("span", "clause-number", `§${clause.number}`), make("span", "", clause.title));
      return option;
    }),
  );
  const said = make("p", "visually-hidden", `${found.length} ${found.length === 1 ? "clause" : "clauses"}`);
  said.setAttribute("role", "status");
  open.popup.replaceChildren(list, said);
  Object.assign(open, { start, found });
  area.setAttribute("aria-controls", "cite-options");
  area.setAttribute("aria-autocomplete", "list");
  point(0);
  place();
}

function insert(clause) {
  const { area, start } = open;
  close();
  isInserting = true;
  area.focus();
  area.setSelectionRange(start, area.selectionEnd);
  const text = `§${clause.number}`;
  // The old command is the one that the browser's undo knows of.
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, start, area.selectionEnd, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  isInserting = false;
}

async function complete(area) {
  const before = area.value.slice(0, area.selectionEnd);
  const typed = area.selectionStart === area.selectionEnd ? TYPED.exec(before) : null;
  if (!typed) {
    close();
    return;
  }
  const found = matching(await clausesFor(area), typed[1]);
  if (document.activeElement !== area || area.value.slice(0, area.selectionEnd) !== before) return;
  if (found.length) show(area, typed.index, found);
  else close();
}

async function list(area) {
  const numbers = [...new Set([...area.value.matchAll(CITED)].map((match) => match[1]))];
  const after = area.nextElementSibling?.matches(".cite-popup") ? area.nextElementSibling : area;
  let here = after.nextElementSibling?.matches(".cites") ? after.nextElementSibling : null;
  if (!numbers.length) {
    here?.remove();
    return;
  }
  const clauses = await clausesFor(area);
  if (!area.isConnected || !clauses.length) return;
  here = area.parentElement.querySelector(":scope > .cites") ?? make("ul", "cites");
  here.setAttribute("aria-label", "Cited clauses");
  here.replaceChildren(
    ...numbers.map((number) => {
      const clause = clauses.find((each) => each.number === number);
      const item = make("li", clause ? "" : "unknown");
      if (clause) {
        const link = make("a", "cite", `§${number} ${clause.title}`);
        link.href = `${addressFor(area).replace(/clauses\.json.*$/, "")}#${clause.anchor}`;
        link.target = "_blank";
        item.append(link);
      } else {
        item.textContent = `§${number} is not a clause of this guideline`;
      }
      return item;
    }),
  );
  if (!here.isConnected) (area.nextElementSibling?.matches(".cite-popup") ? area.nextElementSibling : area).after(here);
}

const listAll = () => document.querySelectorAll("textarea[data-cites]").forEach(list);

document.addEventListener("input", (event) => {
  if (!cites(event.target)) return;
  list(event.target);
  if (!isInserting) complete(event.target);
});

// Before anything else hears the keys: while the list is open they are its own.
document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== open.area || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") point(open.at + 1);
    else if (event.key === "ArrowUp") point(open.at - 1);
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) insert(open.found[open.at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  if (!open?.popup.contains(event.target)) return;
  event.preventDefault(); // the text keeps the focus
});
document.addEventListener("click", (event) => {
  const option = open?.popup.contains(event.target) && event.target.closest("[role=option]");
  if (option) insert(open.found[[...option.parentElement.children].indexOf(option)]);
});

// A cited clause is shown in the guideline beside the task; where there is none, the link is followed.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.cite[href*='#c-']");
  const panel = document.querySelector(".guideline-aside[data-guideline]");
  if (!link || !panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.querySelector('[data-panel-toggle][aria-expanded="false"]')?.click();
  const go = () => {
    const clause = panel.querySelector(`[data-guideline-text] [id="${CSS.escape(link.hash.slice(1))}"]`);
    if (!clause) return false;
    clause.tabIndex = -1;
    clause.scrollIntoView({ block: "start" });
    clause.focus({ preventScroll: true });
    return true;
  };
  if (!go()) panel.addEventListener("guideline:shown", go, { once: true });
});
document.addEventListener("focusout", (event) => {
  if (event.target === open?.area) close();
});
addEventListener("scroll", place, { capture: true, passive: true });
addEventListener("resize", place);
document.addEventListener("work:shown", listAll);
listAll();
