// Keeps the draft of form[data-draft]: at once in this browser, a moment later on the server.
// After a reload, what had not reached the server is put back into the form, which then hears "draft:restored".
//
// A draft is an object by the form's names; a name that stands twice gives a list. A kind whose draft has
// another shape says so: drafting("ranking", { serialise: (form) => draft, fill: (form, draft) => … }).
import { post } from "./posting.js";
import { onShown } from "./work.js";

const PAUSE_MS = 1500;
const RETRY_MS = 8000;
const OVERTAKEN_MS = 60 * 1000;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const SKIPPED_FIELDS = new Set(["csrfmiddlewaretoken", "action", "activity"]);

const shapes = new Map();

export function drafting(kind, shape) {
  shapes.set(kind, shape);
}

const serialise = (form) => {
  const draft = {};
  for (const [name, value] of new FormData(form)) {
    if (SKIPPED_FIELDS.has(name)) continue;
    draft[name] = name in draft ? [draft[name], value].flat() : value;
  }
  return draft;
};

const fill = (form, draft) => {
  for (const [name, value] of Object.entries(draft)) {
    const field = form.elements.namedItem(name);
    if (!field || SKIPPED_FIELDS.has(name)) continue;
    const values = [value].flat().map(String);
    const controls = field instanceof RadioNodeList ? [...field] : [field];
    controls.forEach((control, at) => {
      if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
      else control.value = values[at] ?? "";
    });
  }
};

const keptHere = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

const keep = (key, kept) => {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), ...kept }));
  } catch {
    // Storage is off or full: the server's copy has to do.
  }
};

const forgetOld = (key) => {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith("draft:") || name === key) continue;
    if (!((keptHere(name)?.at ?? 0) > Date.now() - KEPT_MS)) localStorage.removeItem(name);
  }
};

// Typed while the page was still loading its scripts, when nobody heard it.
const isTouched = (control) => {
  if (SKIPPED_FIELDS.has(control.name)) return false;
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  return control.matches("textarea, input") && control.value !== control.defaultValue;
};

const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

onShown((root, gone) => {
  const form = root.querySelector("form[data-draft]");
  const state = root.querySelector("[data-saved-state]");
  if (!form || !state) return;
  const key = `draft:${form.dataset.draft}`;
  const shape = { serialise, fill, ...shapes.get(root.dataset.kind) };
  let timer = 0;
  let isSaving = false;
  let isDirty = false;
  let isLeaving = false;

  const say = (name, words) => {
    state.dataset.state = name;
    state.textContent = words;
  };

  const later = (pause) => {
    clearTimeout(timer);
    if (!gone.aborted) timer = setTimeout(save, pause);
  };

  async function save({ keepalive = false } = {}) {
    if (isSaving || isLeaving) return;
    isSaving = true;
    isDirty = false;
    say("saving", "Saving");
    const draft = shape.serialise(form);
    const sent = await post(form.dataset.draftUrl, draft, { keepalive });
    isSaving = false;
    if (gone.aborted || isLeaving) return;
    heard(sent, draft);
  }

  const heard = ({ ok, status, answer, isOffline, isSignedOut }, draft) => {
    if (ok && isDirty) {
      later(PAUSE_MS);
    } else if (ok) {
      keep(key, { isSent: true, draft });
      if (answer.is_held) say("saved", `Saved ${clock(answer.saved_at)}`);
      else say("failed", "Kept, but others have this task now");
    } else {
      isDirty = true;
      if (isOffline) say("offline", navigator.onLine ? "Not reached, kept here" : "Offline, kept here");
      else if (isSignedOut) say("failed", "Signed out, kept here");
      else say("failed", answer.detail ?? "Not saved, kept here");
      if (isOffline || isSignedOut || status >= 500) later(RETRY_MS);
    }
  };

  const changed = () => {
    isDirty = true;
    keep(key, { isSent: false, draft: shape.serialise(form) });
    if (!isSaving) say("saving", "Not saved yet");
    later(PAUSE_MS);
  };

  const restore = () => {
    const kept = keptHere(key);
    const savedAt = Date.parse(form.dataset.savedAt) || 0;
    // A refused submission came back with the newest text there is.
    if (!kept?.draft || kept.isSent || form.dataset.state === "unsaved") return;
    if (JSON.stringify(kept.draft) === JSON.stringify(shape.serialise(form))) return;
    // What was typed while an earlier text was on its way is a little older than the server's copy;
    // what is much older was overtaken in another browser.
    if (kept.at < savedAt - OVERTAKEN_MS) return;
    shape.fill(form, kept.draft);
    form.dispatchEvent(new Event("draft:restored"));
    changed();
  };

  form.addEventListener("input", changed);
  // For what changes a draft without an input event, as moving a card.
  form.addEventListener("draft:changed", changed);
  root.addEventListener("work:leaving", () => {
    isLeaving = true;
    clearTimeout(timer);
    if (isDirty) keep(key, { isSent: false, draft: shape.serialise(form) });
  });
  root.addEventListener("work:stayed", () => {
    isLeaving = false;
    if (isDirty) later(PAUSE_MS);
  });
  root.addEventListener("work:done", () => {
    isDirty = false;
    try {
      localStorage.removeItem(key);
    } catch {
      // Storage is off.
    }
  });
  addEventListener("online", () => isDirty && later(0), { signal: gone });
  addEventListener("pageshow", () => (isLeaving = false), { signal: gone });
  addEventListener("pagehide", () => isDirty && save({ keepalive: true }), { signal: gone });
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "hidden" && isDirty && save({ keepalive: true }),
    { signal: gone },
  );
  addEventListener(
    "beforeunload",
    (event) => {
      if (isDirty && !isLeaving && state.dataset.state === "failed") event.preventDefault();
    },
    { signal: gone },
  );
  gone.addEventListener("abort", () => clearTimeout(timer));
  // The kind's own script, which runs after this one, must have its hands on the form before it is filled.
  queueMicrotask(() => {
    try {
      if ([...form.elements].some(isTouched)) changed();
      else restore();
      forgetOld(key);
    } catch {
      // Storage is off.
    }
  });
});
