// Pins, and questions with their answers, beside the clauses of every [data-guideline][data-notes-url].
// "guideline:shown" on the container says that its text has come in or come anew.
import { post } from "./posting.js";
import { toast } from "./toast.js";

const notes = new WeakMap();
const begun = new Map(); // questions written and not sent yet, by anchor
let dialog = null;

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function button(className, text, label) {
  const made = make("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  return made;
}

const clauses = (guideline) => [...guideline.querySelectorAll("section.clause[id]")];
const heading = (clause) => clause.querySelector("h2, h3, h4, h5, h6");
const number = (clause) => heading(clause)?.querySelector(".clause-number")?.textContent ?? "";
const title = (clause) => {
  const copy = heading(clause).cloneNode(true);
  for (const part of copy.querySelectorAll(".clause-number, .badge")) part.remove();
  return copy.textContent.trim();
};
const why = ({ isOffline, isSignedOut, answer }) => {
  if (isOffline) return "The server was not reached. Try again in a moment.";
  if (isSignedOut) return "You are signed out. Sign in again in another tab, then try once more.";
  return answer.detail ?? "That did not work. Try again in a moment.";
};

function toolsOf(guideline, clause) {
  const tools = make("div", "clause-tools no-print");
  const pin = button("button small quiet", "Pin", "");
  pin.dataset.pin = clause.id;
  const ask = button("button small quiet", "Ask", `Ask a question on §${number(clause)}`);
  ask.dataset.ask = clause.id;
  tools.append(pin, ask);
  heading(clause).after(tools);
}

function showPins(guideline) {
  const { pins } = notes.get(guideline);
  for (const pin of guideline.querySelectorAll("[data-pin]")) {
    const is = pins.includes(pin.dataset.pin);
    const clause = pin.closest(".clause");
    pin.textContent = is ? "Pinned" : "Pin";
    pin.setAttribute("aria-pressed", String(is));
    pin.setAttribute("aria-label", `Pin §${number(clause)} on top`);
  }
  // The guideline beside a task keeps them on top.
  guideline.dispatchEvent(new CustomEvent("guideline:pins", { detail: pins }));
}

function said(question) {
  const item = make("li", "clause-question");
  const text = make("div", "prose");
  text.innerHTML = question.html; // sanitised by the server's one renderer
  item.append(text);
  if (question.answer_html) {
    const answer = make("div", "prose clause-answer");
    answer.innerHTML = question.answer_html;
    answer.prepend(make("p", "clause-answer-label", "Answer"));
    item.append(answer);
  } else {
    item.append(make("p", "muted small", "Not answered yet."));
  }
  return item;
}

function showQuestions(guideline) {
  const byClause = Map.groupBy
    ? Map.groupBy(notes.get(guideline).questions, (question) => question.anchor)
    : notes.get(guideline).questions.reduce((all, each) => all.set(each.anchor, [...(all.get(each.anchor) ?? []), each]), new Map());
  for (const old of guideline.querySelectorAll(".clause > .clause-notes")) {
    if (!byClause.has(old.parentElement.id)) old.remove();
  }
  for (const clause of clauses(guideline)) {
    const questions = byClause.get(clause.id);
    if (!questions) continue;
    const open = questions.filter((question) => !question.answer_html).length;
    const words = `${questions.length} ${questions.length === 1 ? "question" : "questions"}${open ? `, ${open} open` : ""}`;
    const details = make("details", "disclosure clause-notes");
    const before = clause.querySelector(":scope > .clause-notes");
    details.dataset.note = "";
    details.open = before?.open ?? false;
    const list = make("ul", "");
    list.append(...questions.map(said));
    details.append(make("summary", "", words), list);
    if (before) before.replaceWith(details);
    else clause.append(details);
  }
}

async function adorn(guideline) {
  const all = clauses(guideline);
  if (!all.length) return;
  const response = await fetch(guideline.dataset.notesUrl, { headers: { Accept: "application/json" }, redirect: "error" }).catch(() => null);
  if (!response?.ok) return; // the guideline reads as well without
  notes.set(guideline, await response.json());
  for (const clause of all) if (heading(clause) && !clause.querySelector(":scope > .clause-tools")) toolsOf(guideline, clause);
  showPins(guideline);
  showQuestions(guideline);
}

async function setPin(guideline, anchor, is) {
  const body = new FormData();
  body.set("anchor", anchor);
  body.set("pinned", is ? "1" : "0");
  const sent = await post(notes.get(guideline).pin_url, body);
  if (!sent.ok) {
    toast(why(sent), "error");
    return;
  }
  for (const each of document.querySelectorAll("[data-guideline]")) {
    if (!notes.has(each)) continue;
    notes.get(each).pins = sent.answer.pins;
    showPins(each);
  }
  toast(is ? "Pinned on top of the guideline beside your tasks." : "No longer pinned.", "success");
}

function buildDialog() {
  dialog = make("dialog", "dialog");
  dialog.id = "ask-on-clause";
  dialog.setAttribute("aria-labelledby", "ask-title");
  const head = make("header", "");
  const name = make("h2", "");
  name.id = "ask-title";
  const shut = button("button quiet icon-only", "×", "Close");
  shut.dataset.dialogClose = "";
  head.append(name, shut);
  const form = make("form", "body stack tight");
  form.id = "ask-form";
  const label = make("label", "", "Your question");
  const area = make("textarea", "grow");
  Object.assign(area, { id: "ask-text", name: "text", maxLength: 4000, required: true, rows: 4 });
  label.htmlFor = area.id;
  const help = make("p", "help", "Everybody in the project reads it; your name is shown to owners and reviewers only. The answer will stand beside the clause.");
  const refused = make("p", "field-errors");
  refused.setAttribute("role", "alert");
  form.append(label, area, help, refused);
  const foot = make("footer", "");
  const send = make("button", "button primary", "Ask");
  send.type = "submit";
  send.setAttribute("form", form.id);
  foot.append(send);
  dialog.append(head, form, foot);
  document.body.append(dialog);
  area.addEventListener("input", () => begun.set(dialog.dataset.anchor, area.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendQuestion(area, refused, send);
  });
}

function openDialog(guideline, clause) {
  if (!dialog) buildDialog();
  dialog.dataset.anchor = clause.id;
  dialog.guideline = guideline;
  dialog.querySelector("#ask-title").textContent = `Ask on §${number(clause)} ${title(clause)}`;
  dialog.querySelector("textarea").value = begun.get(clause.id) ?? "";
  dialog.querySelector(".field-errors").textContent = "";
  dialog.showModal();
  dialog.querySelector("textarea").focus();
}

async function sendQuestion(area, refused, send) {
  if (send.getAttribute("aria-busy")) return;
  const { guideline } = dialog;
  const { anchor } = dialog.dataset;
  const body = new FormData();
  body.set("anchor", anchor);
  body.set("text", area.value);
  const read = guideline.dataset.fragmentUrl?.match(/versions\/(\d+)\//);
  if (read) body.set("version", read[1]);
  send.setAttribute("aria-busy", "true");
  const sent = await post(notes.get(guideline).ask_url, body);
  send.removeAttribute("aria-busy");
  if (!sent.ok) {
    refused.textContent = why(sent);
    return;
  }
  begun.delete(anchor);
  const held = notes.get(guideline);
  held.questions = [...held.questions.filter((question) => question.id !== sent.answer.id), sent.answer];
  dialog.close();
  showQuestions(guideline);
  toast("Asked. The answer will stand beside the clause.", "success");
}

document.addEventListener("click", (event) => {
  const guideline = event.target.closest("[data-guideline]");
  if (!guideline || !notes.has(guideline)) return;
  const pin = event.target.closest("[data-pin]");
  const ask = event.target.closest("[data-ask]");
  if (pin) setPin(guideline, pin.dataset.pin, pin.getAttribute("aria-pressed") !== "true");
  if (ask) openDialog(guideline, ask.closest(".clause"));
});

document.addEventListener(
  "guideline:shown",
  (event) => {
    const guideline = event.target.closest?.("[data-guideline][data-notes-url]");
    if (guideline) adorn(guideline);
  },
  true,
);
for (const guideline of document.querySelectorAll("[data-guideline][data-notes-url]")) adorn(guideline);
