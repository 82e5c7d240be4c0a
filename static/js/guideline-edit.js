// Writing the guideline: kept here at once and on the server after a pause, shown as labelers will see it.
import { insert } from "./guideline-insert.js";
import { clauseAt, clausesOf, startOfLine } from "./guideline-lines.js";
import { previewer } from "./guideline-preview.js";
import { post } from "./posting.js";

const PAUSE_MS = 1200;
const LOOK_MS = 250;
const RETRY_MS = 8000;
const form = document.querySelector("[data-guideline-edit]");
const area = form.elements.text;
const seen = form.elements.last_seen;
const state = form.querySelector("[data-saved-state]");
const faults = form.querySelector("[data-faults]");
const outline = form.querySelector("[data-outline]");
const said = form.querySelector("[data-preview-said]");
const key = `guideline:${form.dataset.slug}`;

let clauses = clausesOf(area.value);
let saving = null;
let isDirty = false;
let isStopped = false;
let isLeaving = false;
let saveTimer = 0;
let lookTimer = 0;

const say = (name, words) => {
  state.dataset.state = name;
  state.textContent = words;
};

const fields = (values) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  return body;
};

const keepHere = () => {
  try {
    localStorage.setItem(key, JSON.stringify({ text: area.value, seen: seen.value }));
  } catch {
    // Storage is off or full: the server's copy has to do.
  }
};

const keptHere = () => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};

const forgetHere = () => {
  try {
    localStorage.removeItem(key);
  } catch {
    // Storage is off.
  }
};

// Wrapped lines are of no fixed height, so the place is measured on a copy of the text before it.
const scrollTo = (place) => {
  const mirror = document.createElement("div");
  const { width, font, letterSpacing, lineHeight, padding, tabSize } = getComputedStyle(area);
  Object.assign(mirror.style, {
    position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word",
    inlineSize: `${area.clientWidth || parseFloat(width)}px`, boxSizing: "border-box", font, letterSpacing, lineHeight, padding, tabSize,
  });
  mirror.textContent = area.value.slice(0, place);
  document.body.append(mirror);
  area.scrollTop = Math.max(0, mirror.offsetHeight - area.clientHeight / 3);
  mirror.remove();
};

const jump = (place, end = place) => {
  area.focus({ preventScroll: true });
  area.setSelectionRange(place, end);
  scrollTo(place);
  look();
};

const jumpToLine = (line) => {
  const start = startOfLine(area.value, line);
  const stop = area.value.indexOf("\n", start);
  jump(start, stop < 0 ? area.value.length : stop);
};

const showFaults = (found) => {
  const items = found.map(({ line, rule }) => {
    const item = document.createElement("li");
    if (line) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.dataset.line = line;
      button.textContent = `Line ${line}`;
      item.append(button, `: ${rule}`);
    } else {
      item.append(rule);
    }
    return item;
  });
  faults.replaceChildren(...items);
  if (found.some(({ line }) => line)) area.setAttribute("aria-invalid", "true");
  else area.removeAttribute("aria-invalid");
};

async function save() {
  clearTimeout(saveTimer);
  if (saving || isStopped) return saving;
  isDirty = false;
  say("saving", "Saving");
  saving = post(form.dataset.draftUrl, fields({ text: area.value, last_seen: seen.value }));
  const { ok, status, answer, isOffline, isSignedOut } = await saving;
  saving = null;
  if (ok) {
    seen.value = answer.saved_at;
    showFaults(answer.faults);
    if (isDirty) {
      saveTimer = setTimeout(save, PAUSE_MS);
    } else {
      forgetHere();
      say("saved", "Saved");
    }
    return null;
  }
  isDirty = true;
  keepHere();
  if (isOffline) {
    say("offline", "Offline, kept here");
    saveTimer = setTimeout(save, RETRY_MS);
  } else {
    // Where somebody else wrote meanwhile, trying again would not help: the writer has to look.
    isStopped = status === 409;
    say("failed", isSignedOut ? "Signed out, kept here" : (answer.detail ?? "Not saved, kept here"));
    if (!answer.detail) saveTimer = setTimeout(save, RETRY_MS);
  }
  return null;
}

const show = previewer({
  area,
  box: form.querySelector("[data-preview]"),
  said,
  render: async (text) => {
    const { ok, answer, isOffline } = await post(form.dataset.previewUrl, fields({ text }));
    if (ok) return answer;
    // Lines count from the clause here; the list of faults names them as they stand in the draft.
    if (answer.detail) return { why: "Out of form: the preview waits." };
    return { why: isOffline ? "Offline: the preview waits." : "The preview failed." };
  },
});

const drawOutline = () => {
  const items = clauses.map((clause, at) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.at = at;
    button.dataset.level = Math.min(3, clause.number.split(".").length);
    const number = document.createElement("span");
    number.className = "clause-number";
    number.textContent = clause.number;
    button.append(number, ` ${clause.title}`);
    item.append(button);
    return item;
  });
  outline.replaceChildren(...items);
};

let outlined = "";
function look() {
  clauses = clausesOf(area.value);
  const names = clauses.map((clause) => `${clause.number} ${clause.title}`).join("\n");
  if (names !== outlined) {
    outlined = names;
    drawOutline();
  }
  const at = clauses.indexOf(clauseAt(clauses, area.selectionStart));
  const here = outline.children[at]?.firstChild;
  const before = outline.querySelector("[aria-current]");
  if (before !== here) {
    before?.removeAttribute("aria-current");
    here?.setAttribute("aria-current", "location");
    if (here && !outline.contains(document.activeElement)) {
      outline.parentElement.scrollTop = outline.children[at].offsetTop - outline.parentElement.clientHeight / 2;
    }
  }
  show(clauses);
}

const lookSoon = () => {
  clearTimeout(lookTimer);
  lookTimer = setTimeout(look, LOOK_MS);
};

area.addEventListener("input", () => {
  isDirty = true;
  if (!saving && !isStopped) say("saving", "Not saved yet");
  clearTimeout(saveTimer);
  saveTimer = setTimeout(() => {
    keepHere();
    save();
  }, PAUSE_MS);
  lookSoon();
});
document.addEventListener("selectionchange", () => document.activeElement === area && lookSoon());

outline.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) jump(clauses[button.dataset.at].headingEnd);
});
faults.addEventListener("click", (event) => {
  const button = event.target.closest("[data-line]");
  if (button) jumpToLine(Number(button.dataset.line));
});
form.querySelector("[data-insert-menu]").addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  button.closest("details").open = false;
  said.textContent = insert(area, button.dataset);
  scrollTo(area.selectionStart);
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  isStopped = false;
  save();
});
addEventListener("online", () => isDirty && save());
addEventListener("pagehide", () => isDirty && keepHere());

// A save on its way would change the stamp that this form is about to send.
form.addEventListener("submit", async (event) => {
  clearTimeout(saveTimer);
  keepHere();
  if (!saving || isLeaving) {
    isLeaving = true;
    return;
  }
  event.preventDefault();
  const { submitter } = event;
  await saving;
  isLeaving = true;
  form.requestSubmit(submitter);
});
addEventListener("beforeunload", (event) => {
  if (isDirty && !isLeaving) event.preventDefault();
});

const banner = form.querySelector("[data-kept]");
const kept = keptHere();
if (kept && kept.text !== area.value) banner.hidden = false;
else if (kept) forgetHere();
banner.addEventListener("click", (event) => {
  if (event.target.closest("[data-kept-use]")) {
    area.value = kept.text;
    area.dispatchEvent(new Event("input"));
  } else if (event.target.closest("[data-kept-forget]")) {
    forgetHere();
  } else {
    return;
  }
  banner.hidden = true;
  area.focus();
});

look();
const line = /^#line-([0-9]{1,6})$/.exec(location.hash);
if (line) jumpToLine(Number(line[1]));
