// Counts the time at work (the page in sight, focused and used a moment ago) and how text came in, and tells the
// server every 20 seconds, which renews the lease. What is counted, and why, is said in labeling/activity.py and
// to the labeler under "About pasting".
import { post } from "./posting.js";
import { onShown } from "./work.js";

const TICK_MS = 1000;
const PULSE_MS = 20 * 1000;
const LONGEST_PASTE = 20_000;
// Browsers take 64 KiB from a page that is being left, and a character may be four bytes.
const MOST_KEPT_ALIVE = 12_000;
const AT_ONCE = 30;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"];

// Half of a pair of surrogates is no character, and refused as such.
const cut = (text, longest) => text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "");

let usedAt = performance.now();
const used = () => (usedAt = performance.now());
for (const sign of SIGNS) addEventListener(sign, used, { passive: true, capture: true });

onShown((root, gone) => {
  const idleMs = Number(root.dataset.idleSeconds) * 1000;
  const shownAt = performance.now();
  const lengths = new WeakMap();
  const evidence = {};
  for (const name of ["typed", "pasted", "bulk"]) evidence[name] = Number(root.dataset[name]);
  let activeMs = Number(root.dataset.activeSeconds) * 1000;
  let toldMs = activeMs;
  let tickedAt = shownAt;
  let pulsedAt = shownAt;
  let pastes = [];
  let isOver = false;

  const told = (longest = LONGEST_PASTE) => ({
    active_seconds: Math.round(activeMs / 100) / 10,
    evidence: { ...evidence, pastes: pastes.map((paste) => ({ ...paste, text: cut(paste.text, longest) })) },
  });

  const pulse = async ({ keepalive = false } = {}) => {
    if (isOver || !root.dataset.pulseUrl) return;
    pulsedAt = performance.now();
    toldMs = activeMs;
    const sent = pastes;
    // Cut short rather than left out: the beginning of a text tells what it is like.
    const longest = keepalive ? Math.floor(MOST_KEPT_ALIVE / Math.max(1, sent.length)) : LONGEST_PASTE;
    const { ok, status } = await post(root.dataset.pulseUrl, told(longest), { keepalive });
    if (ok) pastes = pastes.filter((paste) => !sent.includes(paste));
    // Others have it now, or it was submitted in another tab: the form says so when it is sent.
    if (status === 404 || status === 409) isOver = true;
  };

  const tick = () => {
    const now = performance.now();
    const isAtWork = document.visibilityState === "visible" && document.hasFocus() && now - usedAt < idleMs;
    // After the machine slept, a tick is late by all of the sleep.
    if (isAtWork) activeMs += Math.min(now - tickedAt, 2 * TICK_MS);
    tickedAt = now;
    if (activeMs > toldMs && now - pulsedAt >= PULSE_MS) pulse();
  };

  const measured = (field) => {
    const grown = field.value.length - (lengths.get(field) ?? field.defaultValue.length);
    lengths.set(field, field.value.length);
    return Math.max(0, grown);
  };

  const pasted = (event) => {
    const field = event.target;
    const text = event.clipboardData?.getData("text") ?? "";
    if (!field.matches?.("textarea, input") || !text) return;
    evidence.pasted += text.length;
    const at = Math.round((performance.now() - shownAt) / 100) / 10;
    pastes.push({ field: field.name || "text", at_seconds: at, chars: text.length, text: cut(text, LONGEST_PASTE) });
  };

  const typed = (event) => {
    const field = event.target;
    if (!field.matches?.("textarea")) return;
    const grown = measured(field);
    // From a draft that was given here, or pasted, which is counted where it is told of.
    if ("drafted" in field.dataset || event.inputType === "insertFromPaste") return;
    const isAtOnce = event.inputType === "insertFromDrop" || grown >= AT_ONCE;
    evidence[isAtOnce ? "bulk" : "typed"] += grown;
  };

  const remeasure = () => {
    for (const field of root.querySelectorAll("textarea")) lengths.set(field, field.value.length);
  };

  const timer = setInterval(tick, TICK_MS);
  gone.addEventListener("abort", () => clearInterval(timer));
  root.addEventListener("paste", pasted);
  root.addEventListener("input", typed);
  root.addEventListener("draft:restored", remeasure, { capture: true });
  root.querySelector("#task-form")?.addEventListener("formdata", (event) => {
    tick();
    event.formData.set("activity", JSON.stringify(told()));
  });
  root.addEventListener("work:leaving", () => (isOver = true));
  root.addEventListener("work:stayed", () => (isOver = false));
  const hidden = () => {
    tick();
    if (document.visibilityState === "hidden" && (activeMs > toldMs || pastes.length)) pulse({ keepalive: true });
  };
  document.addEventListener("visibilitychange", hidden, { signal: gone });
});
