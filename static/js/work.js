// The shell of every task page: submits by fetch, holds the next task ready and swaps it in.
//
// Where the next page lies ready it is shown as soon as the form is sent, before the server has answered; what the
// server then refuses is brought back with its text. Where the answer may be another page (data-waits) it is given
// a moment to come first, and where nothing lies ready it is waited for.
//
// onShown((root, gone) => …) runs for the workbench at load and after every swap. `gone` is an AbortSignal
// that ends with it: pass it to listeners on document or window. Events on the workbench element:
// "work:leaving" before a form is sent, "work:stayed" when it was refused, "work:done" when it was taken.
import { post } from "./posting.js";
import { delivered } from "./sending.js";
import { offer, settle } from "./undo.js";

const callbacks = [];
let isStarted = false;
let isBusy = false;
let gone = new AbortController();
let ahead = null;
let onItsWay = null;
let sentAt = 0;
const TWICE_MS = 400;
const MOMENT_MS = 40;

const bench = () => document.querySelector("[data-work]");
const tell = (name, root = bench()) => root?.dispatchEvent(new CustomEvent(name));

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
    const held = { url: answer.url, page: read(answer.url, { "X-Ahead": from.dataset.work }).catch(() => null), ready: null };
    ahead = held;
    const page = await held.page;
    if (!page || !fits(page)) return;
    held.ready = page;
    from.dataset.ahead = "";
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
  ahead = null;
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
}

// Shows the task at an address, by a swap where that can be.
export async function go(url) {
  const page = await read(url).catch(() => null);
  if (!page || !fits(page)) {
    location.replace(url);
    return false;
  }
  swap(page, url);
  prepare();
  return true;
}

const busy = (is) => {
  isBusy = is;
  for (const button of document.querySelectorAll("[data-work] button[type=submit]")) {
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
};

const moment = () => new Promise((resolve) => setTimeout(resolve, MOMENT_MS, null));

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

function refused(sent) {
  const problems = sent.answer.problems ?? [];
  const lines = problems.map((problem) => `Not submitted. ${problem.text.charAt(0).toUpperCase()}${problem.text.slice(1)}`);
  stay(lines.length ? lines : [why(sent)], problems.map((problem) => problem.field));
}

async function send(form, submitter) {
  performance.mark("work:sent");
  sentAt = performance.now();
  busy(true);
  tell("work:leaving");
  const left = { root: bench(), url: location.href, undo: bench().dataset.undoUrl };
  // As told to the server: one that came in while this was under way has no answer of its own.
  const held = ahead;
  const headers = held ? { "X-Ahead": new URL(held.url, location.href).pathname.split("/").at(-2) } : {};
  const url = form.getAttribute("action") || location.href;
  const body = new FormData(form, submitter);
  const again = () => post(url, body, { headers });
  const sending = again();
  const isReady = held?.ready && !form.closest("dialog");
  const isAnswered = !isReady || ("waits" in left.root.dataset && (await Promise.race([sending, moment()])));
  if (!isAnswered) {
    show(held.ready, held.url);
    onItsWay = hear(left, held, delivered(sending, again));
    return;
  }
  const sent = await sending;
  if (!sent.ok) {
    refused(sent);
    return;
  }
  tell("work:done", left.root);
  const page = held?.url === sent.answer.next ? await held.page : null;
  if (!page || !fits(page)) {
    location.replace(sent.answer.next);
    return;
  }
  show(page, held.url);
  settled(sent.answer, left);
}

function show(page, url) {
  busy(false);
  settle();
  swap(page, url);
  performance.measure("work:next", "work:sent");
}

// What the server says of what was left, when the task held ready is on the screen; whether that may stay there.
async function hear(left, held, answered) {
  const sent = await answered;
  onItsWay = null;
  if (!sent.ok) {
    if (await go(left.url)) refused(sent);
    return false;
  }
  tell("work:done", left.root);
  if (sent.answer.next === held.url) settled(sent.answer, left);
  else location.replace(sent.answer.next);
  return sent.answer.next === held.url;
}

// Submitted, and the next task on the screen.
function settled(answer, left) {
  const count = bench().querySelector("[data-done-today]");
  if (count) count.textContent = `${answer.done_today} done today`;
  offer(answer.done, answer.undo ? left.undo : "", go);
  prepare();
}

// One after the other: the server is told which task is held ready only when it has taken the one before.
async function sendNext(form, submitter) {
  if (onItsWay) {
    // Pressed twice, which was not meant for the next task.
    if (performance.now() - sentAt < TWICE_MS) return;
    busy(true);
    const isToStay = await onItsWay;
    busy(false);
    if (!isToStay) return;
  }
  await send(form, submitter);
}

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (event.defaultPrevented || target.method === "dialog" || !target.closest("[data-work]")) return;
  if (target.hasAttribute("data-plain")) return;
  event.preventDefault();
  if (!isBusy) sendNext(target, submitter);
});
// Coming back with the browser's Back button: the page is as it was, and works again.
addEventListener("pageshow", () => busy(false));

if (document.readyState === "complete") started();
else document.addEventListener("DOMContentLoaded", started);
