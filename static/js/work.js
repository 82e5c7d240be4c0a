// The shell of every task page: submits by fetch, holds the next task ready and swaps it in.
//
// onShown((root, gone) => …) runs for the workbench at load and after every swap. `gone` is an AbortSignal
// that ends with it: pass it to listeners on document or window. Events on the workbench element:
// "work:leaving" before a form is sent, "work:stayed" when it was refused, "work:done" when it was taken.
import { post } from "./posting.js";
import { offer, settle } from "./undo.js";

const callbacks = [];
let isStarted = false;
let isBusy = false;
let gone = new AbortController();
let ahead = null;

const bench = () => document.querySelector("[data-work]");
const tell = (name) => bench()?.dispatchEvent(new CustomEvent(name));

export function onShown(callback) {
  callbacks.push(callback);
  if (isStarted) callback(bench(), gone.signal);
}

const started = () => {
  isStarted = true;
  if (!bench()) return;
  for (const callback of callbacks) callback(bench(), gone.signal);
  prepare();
  const isFree = document.activeElement === document.body && matchMedia("(pointer: fine)").matches;
  if (isFree) bench().querySelector("textarea[data-first]")?.focus({ preventScroll: true });
};

const whenIdle = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 2000 }) : setTimeout(work, 300));

async function read(url, headers = {}) {
  const response = await fetch(url, { headers: { Accept: "text/html", ...headers }, redirect: "error" });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// One task ahead, never two: its lease is taken and its page read while this one is worked on.
function prepare() {
  const place = bench().dataset.aheadUrl;
  ahead = null;
  if (!place) return;
  const from = bench();
  whenIdle(async () => {
    if (bench() !== from || isBusy) return;
    const { ok, answer } = await post(place);
    if (!ok || !answer.url || bench() !== from) return;
    ahead = { url: answer.url, page: read(answer.url, { "X-Ahead": from.dataset.work }).catch(() => null) };
  });
}

const sources = (page) =>
  [...page.querySelectorAll("head script[type=module], head link[rel=stylesheet]")].map(
    (each) => each.getAttribute("src") ?? each.getAttribute("href"),
  );

// Another kind of task brings scripts and styles of its own, so it is gone to in the ordinary way.
const fits = (page) => {
  const here = new Set(sources(document));
  return page.querySelector("[data-work]") && sources(page).every((source) => here.has(source));
};

// Where the hands go next: to what the kind marks, or to the heading above what is to be read.
const focusFirst = (root) => {
  const first =
    root.querySelector("[data-first]") ??
    root.querySelector("h1");
  (first ?? document.getElementById("main")).focus({ preventScroll: true });
};

// The guideline stays where it was read, when the next task is judged by the same version.
const keepGuideline = (before, after) => {
  const kept = before.querySelector("[data-guideline][data-version]");
  const fresh = after.querySelector("[data-guideline][data-version]");
  if (!kept || kept.dataset.version !== fresh?.dataset.version) return () => {};
  const scrolled = [...kept.querySelectorAll(".body")].map((box) => box.scrollTop);
  fresh.replaceWith(kept);
  return () => kept.querySelectorAll(".body").forEach((box, at) => (box.scrollTop = scrolled[at]));
};

function swap(page, url) {
  const before = bench();
  const after = document.adoptNode(page.querySelector("[data-work]"));
  gone.abort();
  gone = new AbortController();
  const scrollBack = keepGuideline(before, after);
  before.replaceWith(after);
  scrollBack();
  document.querySelector("main > .messages")?.remove();
  document.querySelector("dialog[open]")?.close();
  document.title = page.title;
  // The page before is done with: Back leads to where the work was begun.
  history.replaceState(null, "", url);
  scrollTo({ top: 0, behavior: "instant" });
  for (const callback of callbacks) callback(after, gone.signal);
  focusFirst(after);
  document.dispatchEvent(new CustomEvent("work:shown", { detail: { root: after } }));
  prepare();
}

// Shows the task at an address, by a swap where that can be.
export async function go(url) {
  const page = await read(url).catch(() => null);
  if (page && fits(page)) swap(page, url);
  else location.replace(url);
}

const busy = (is) => {
  isBusy = is;
  for (const button of document.querySelectorAll("[data-work] button[type=submit]")) {
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
};

const banner = (text) => {
  const note = document.createElement("div");
  note.className = "banner error";
  const body = document.createElement("div");
  body.className = "body";
  body.textContent = text;
  note.append(body);
  return note;
};

function stay(lines, fields = []) {
  busy(false);
  document.querySelector("dialog[open]")?.close();
  const place = bench().querySelector("[data-refused]");
  place.replaceChildren(...lines.map(banner));
  const form = document.getElementById("task-form");
  const named = fields.map((name) => form?.elements.namedItem(name)).find(Boolean);
  const first = named instanceof RadioNodeList ? ([...named].find((each) => !each.value.trim()) ?? named[0]) : named;
  if (first && first.type !== "hidden") {
    first.setAttribute("aria-invalid", "true");
    first.closest("details")?.setAttribute("open", "");
    first.focus();
  }
  if (place.firstChild) place.scrollIntoView({ block: "nearest" });
  tell("work:stayed");
}

const why = ({ isOffline, isSignedOut, status, answer }) => {
  if (isOffline) return "Not submitted: the server was not reached. What you wrote is kept here; try again in a moment.";
  if (answer.detail) return `Not submitted. ${answer.detail}`;
  if (isSignedOut || status === 403) {
    return "Not submitted: you are signed out. Sign in again in another tab, then submit here once more; what you wrote is kept.";
  }
  return `Not submitted: the server had a problem (${status}). What you wrote is kept here; try again in a moment.`;
};

async function send(form, submitter) {
  busy(true);
  tell("work:leaving");
  const undo = bench().dataset.undoUrl;
  // As told to the server: one that came in while this was under way has no answer of its own.
  const held = ahead;
  const headers = held ? { "X-Ahead": new URL(held.url, location.href).pathname.split("/").at(-2) } : {};
  const sent = await post(form.getAttribute("action") || location.href, new FormData(form, submitter), { headers });
  if (!sent.ok) {
    const problems = sent.answer.problems ?? [];
    const lines = problems.map((problem) => `Not submitted. ${problem.text.charAt(0).toUpperCase()}${problem.text.slice(1)}`);
    stay(lines.length ? lines : [why(sent)], problems.map((problem) => problem.field));
    return;
  }
  performance.mark("work:answered");
  tell("work:done");
  await follow(sent.answer, held, undo);
}

async function follow(answer, held, undo) {
  const page = held?.url === answer.next ? await held.page : null;
  if (!page || !fits(page)) {
    location.replace(answer.next);
    return;
  }
  busy(false);
  settle();
  swap(page, answer.next);
  performance.measure("work:swap", "work:answered");
  const count = bench().querySelector("[data-done-today]");
  if (count) count.textContent = `${answer.done_today} done today`;
  offer(answer.done, answer.undo ? undo : "", go);
}

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (event.defaultPrevented || target.method === "dialog" || !target.closest("[data-work]")) return;
  if (target.hasAttribute("data-plain")) return;
  event.preventDefault();
  if (!isBusy) send(target, submitter);
});
// Coming back with the browser's Back button: the page is as it was, and works again.
addEventListener("pageshow", () => busy(false));

if (document.readyState === "complete") started();
else document.addEventListener("DOMContentLoaded", started);
