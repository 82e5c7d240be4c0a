// A ranking: the rank menus hold what is chosen; keys, buttons and dragging only change them.
import { drafting } from "./draft.js";
import { justifying, sameKeys, stillToDo, writing } from "./judging.js";
import { fromRanks, inserted, moved, tied, toRanks } from "./tiers.js";
import { onShown } from "./work.js";

const ORDINALS = ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th"];

const menus = (form) => [...form.querySelectorAll("select[data-rank]")];
const ranksIn = (form) => menus(form).map((menu) => Number(menu.value));

const flagsIn = (form) => {
  const flags = {};
  for (const [name, value] of new FormData(form)) {
    const [head, place] = name.split(".");
    if (head === "flags") (flags[place] ??= []).push(value);
  }
  return flags;
};

drafting("ranking", {
  serialise: (form) => ({
    tiers: fromRanks(ranksIn(form)),
    all_bad: form.elements.namedItem("all_bad").checked,
    justification: form.elements.namedItem("justification").value,
    flags: flagsIn(form),
  }),
  fill: (form, { tiers = [], all_bad: allBad, justification = "", flags = {} }) => {
    const ranks = toRanks(tiers, menus(form).length);
    menus(form).forEach((menu, place) => (menu.value = ranks[place] || ""));
    form.elements.namedItem("all_bad").checked = Boolean(allBad);
    form.elements.namedItem("justification").value = justification;
    for (const box of form.querySelectorAll("[data-flags] input")) {
      box.checked = (flags[box.name.split(".")[1]] ?? []).includes(box.value);
    }
  },
});

const made = (tag, className, text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
};

class Board {
  constructor(root) {
    this.form = root.querySelector("form[data-judging]");
    this.cards = [...root.querySelectorAll("[data-place]")];
    this.list = root.querySelector("[data-tiers]");
    this.told = root.querySelector("[data-told]");
    this.before = null;
    this.dragged = -1;
  }

  get tiers() {
    return fromRanks(ranksIn(this.form));
  }

  letter(place) {
    return this.cards[place].dataset.letter;
  }

  set(ranks, place) {
    menus(this.form).forEach((menu, at) => (menu.value = ranks[at] || ""));
    const menu = menus(this.form)[place];
    menu.dispatchEvent(new Event("input", { bubbles: true }));
    menu.dispatchEvent(new Event("change", { bubbles: true }));
    this.told.textContent = `${this.named(place)}.`;
  }

  order(tiers, place) {
    this.set(toRanks(tiers, this.cards.length), place);
  }

  rank(place, rank) {
    const ranks = ranksIn(this.form);
    ranks[place] = rank;
    this.set(ranks, place);
  }

  tiedWith(place) {
    const ranks = ranksIn(this.form);
    return ranks.flatMap((rank, at) => (rank && at !== place && rank === ranks[place] ? [this.letter(at)] : []));
  }

  // "Answer C, rank 2 of 4, tied with A": what a screen reader says of a card.
  named(place) {
    const rank = ranksIn(this.form)[place];
    const ties = this.tiedWith(place);
    const words = [`Answer ${this.letter(place)}`, rank ? `rank ${rank} of ${this.cards.length}` : "not ranked"];
    if (ties.length) words.push(`tied with ${ties.join(" and ")}`);
    return words.join(", ");
  }

  show() {
    for (const [place, card] of this.cards.entries()) {
      const ties = this.tiedWith(place);
      const badge = card.querySelector("[data-tie]");
      badge.hidden = !ties.length;
      badge.textContent = ties.length ? `= ${ties.join(", ")}` : "";
      card.toggleAttribute("data-ranked", Boolean(ranksIn(this.form)[place]));
      card.setAttribute("aria-label", this.named(place));
    }
    this.draw();
  }

  draw() {
    const ranks = ranksIn(this.form);
    const rows = ORDINALS.slice(0, this.cards.length).map((ordinal, at) => this.row(ordinal, at + 1, ranks));
    const left = ranks.some((rank) => !rank) ? [this.row("Not ranked", 0, ranks)] : [];
    this.list.replaceChildren(...rows, ...left);
  }

  row(title, rank, ranks) {
    const row = made("li", rank ? "tier" : "tier left");
    row.dataset.rank = rank;
    if (rank) row.append(this.gap(rank));
    const places = ranks.flatMap((each, place) => (each === rank ? [place] : []));
    const head = made("span", "tier-title", title);
    if (rank && places.length > 1) head.append(made("span", "badge", "tie"));
    row.append(head);
    const chips = made("span", "chips");
    for (const place of places) chips.append(this.chip(place));
    row.append(chips);
    return row;
  }

  // Where an answer dropped before a tier goes: on its own, in between.
  gap(rank) {
    const gap = made("span", "gap");
    gap.dataset.gap = rank;
    return gap;
  }

  chip(place) {
    const chip = made("button", "chip", this.letter(place));
    chip.type = "button";
    chip.draggable = true;
    chip.dataset.chip = place;
    chip.setAttribute("aria-label", `Go to ${this.named(place)}`);
    return chip;
  }

  grab(place) {
    const card = this.cards[place];
    const isHeld = card.toggleAttribute("data-grabbed");
    this.before = isHeld ? ranksIn(this.form) : null;
    const how = isHeld ? "grabbed. Arrow keys move it, Space lets it go, Escape puts it back" : "let go";
    this.told.textContent = `${this.named(place)}, ${how}.`;
  }

  putBack(place) {
    this.cards[place].removeAttribute("data-grabbed");
    this.set(this.before, place);
    this.before = null;
  }

  drop(target) {
    const { gap } = target.dataset;
    const row = target.closest("[data-rank]");
    if (gap) this.order(inserted(this.tiers, this.dragged, this.tiersBefore(Number(gap))), this.dragged);
    else if (row) this.rank(this.dragged, Number(row.dataset.rank));
  }

  tiersBefore(rank) {
    return new Set(ranksIn(this.form).filter((each) => each && each < rank)).size;
  }

  goTo(place) {
    const card = this.cards[(place + this.cards.length) % this.cards.length];
    card.focus({ focusVisible: true });
    card.scrollIntoView({ block: "nearest" });
  }

  get unranked() {
    return ranksIn(this.form).findIndex((rank) => !rank);
  }
}

// What a key does to the card at hand; undefined where it does nothing.
function actionOf(key, board, place) {
  if (/^[1-9]$/.test(key)) return Number(key) <= board.cards.length ? () => board.rank(place, Number(key)) : undefined;
  return {
    ArrowUp: () => board.order(moved(board.tiers, place, -1), place),
    ArrowDown: () => board.order(moved(board.tiers, place, 1), place),
    "=": () => board.order(tied(board.tiers, place), place),
    Delete: () => board.rank(place, 0),
    Backspace: () => board.rank(place, 0),
    " ": () => board.grab(place),
    Escape: board.before ? () => board.putBack(place) : undefined,
  }[key];
}

function keys(root, gone, board) {
  const allBad = root.querySelector("[data-all-bad]");
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (writing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "0") {
      event.preventDefault();
      allBad.click();
      return;
    }
    const card = event.target.closest("[data-place]");
    const isInside = card && event.target !== card;
    // Inside a card, its text scrolls by arrows and its buttons are pressed by Space.
    if (isInside && !/^[1-9=o]$/.test(event.key)) return;
    const place = card ? Number(card.dataset.place) : Math.max(0, board.unranked);
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      if (!card && event.target !== document.body) return;
      event.preventDefault();
      board.goTo(card ? place + (event.key === "ArrowRight" ? 1 : -1) : place);
      return;
    }
    if (event.key === "o" && card) {
      event.preventDefault();
      card.querySelector("[data-pick]").click();
      return;
    }
    const isNumber = /^[1-9]$/.test(event.key);
    const action = card || isNumber ? actionOf(event.key, board, place) : undefined;
    if (!action) return;
    event.preventDefault();
    action();
    if (!card) board.goTo(place);
  };
  // Before the page's other keys, as Escape and the numbers are this screen's own.
  document.addEventListener("keydown", pressed, { signal: gone });
}

function buttons(root, board) {
  for (const [place, card] of board.cards.entries()) {
    for (const button of card.querySelectorAll("[data-move]")) {
      const step = button.dataset.move === "up" ? -1 : 1;
      button.addEventListener("click", () => board.order(moved(board.tiers, place, step), place));
    }
    card.addEventListener("focusout", (event) => {
      if (card.hasAttribute("data-grabbed") && !card.contains(event.relatedTarget)) board.grab(place);
    });
  }
  board.list.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (chip) board.goTo(Number(chip.dataset.chip));
  });
}

function dragging(root, board) {
  for (const [place, card] of board.cards.entries()) {
    const grip = card.querySelector("[data-grip]");
    grip.draggable = true;
    grip.dataset.chip = place;
  }
  root.addEventListener("dragstart", (event) => {
    const chip = event.target.closest?.("[data-chip]");
    if (!chip) return;
    board.dragged = Number(chip.dataset.chip);
    event.dataTransfer.setData("text/plain", board.letter(board.dragged));
    event.dataTransfer.effectAllowed = "move";
    board.list.setAttribute("data-dragging", "");
  });
  root.addEventListener("dragend", () => {
    board.dragged = -1;
    board.list.removeAttribute("data-dragging");
    for (const over of board.list.querySelectorAll("[data-over]")) over.removeAttribute("data-over");
  });
  const targetOf = (event) => (board.dragged < 0 ? null : event.target.closest("[data-gap], [data-rank].tier"));
  board.list.addEventListener("dragover", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    for (const over of board.list.querySelectorAll("[data-over]")) if (over !== target) over.removeAttribute("data-over");
    target.setAttribute("data-over", "");
  });
  board.list.addEventListener("drop", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    board.drop(target);
  });
}

function sideBySide(root, board) {
  const dialog = root.querySelector("[data-pair]");
  const body = dialog.querySelector("[data-pair-body]");
  const picks = board.cards.map((card) => card.querySelector("[data-pick]"));
  const isPicked = (pick) => pick.getAttribute("aria-pressed") === "true";

  const copyOf = (card) => {
    const pane = made("section", "answer");
    const head = made("header", "answer-head");
    head.append(made("h3", "", card.getAttribute("aria-label")));
    pane.append(head, card.querySelector("[data-answer]").cloneNode(true));
    return pane;
  };
  for (const pick of picks) {
    pick.addEventListener("click", () => {
      pick.setAttribute("aria-pressed", String(!isPicked(pick)));
      const chosen = board.cards.filter((card, at) => isPicked(picks[at]));
      board.told.textContent = chosen.length === 1 ? "Picked. Pick another one to see both side by side." : "";
      if (chosen.length < 2) return;
      body.replaceChildren(...chosen.map(copyOf));
      dialog.showModal();
    });
  }
  dialog.addEventListener("close", () => {
    for (const pick of picks) pick.setAttribute("aria-pressed", "false");
  });
}

onShown((root, gone) => {
  const form = root.querySelector("form[data-judging]");
  if (!form || root.dataset.kind !== "ranking") return;
  const board = new Board(root);
  const allBad = root.querySelector("[data-all-bad]");
  const justification = justifying(root, () => (allBad.checked ? "bad" : ""));

  form.addEventListener("change", () => board.show());
  form.addEventListener("draft:restored", () => board.show());
  form.addEventListener("submit", (event) => {
    const left = board.unranked;
    if (left < 0 && !justification.isMissing()) return;
    event.preventDefault();
    if (left < 0) {
      stillToDo(root, "", justification.field);
      return;
    }
    const names = board.cards.filter((card, at) => !ranksIn(form)[at]).map((card) => card.dataset.letter);
    stillToDo(root, `Still to rank: ${names.join(", ")}.`, null);
    board.goTo(left);
  });
  keys(root, gone, board);
  sameKeys(root, gone, { submit: () => form.requestSubmit() });
  buttons(root, board);
  dragging(root, board);
  sideBySide(root, board);
  board.show();
});
