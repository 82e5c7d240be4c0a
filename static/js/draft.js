// Keeps the draft of form[data-draft]: at once in this browser, a moment later on the server.
// After a reload, what had not reached the server is put back into the form. Other modules may listen to "draft:restored".
const PAUSE_MS = 1500;
const RETRY_MS = 8000;
const OVERTAKEN_MS = 60 * 1000;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const SKIPPED_FIELDS = new Set(["csrfmiddlewaretoken", "action"]);

const form = document.querySelector("form[data-draft]");
const state = document.querySelector("[data-saved-state]");
const key = `draft:${form.dataset.draft}`;

let timer = 0;
let isSaving = false;
let isDirty = false;
let isLeaving = false;

const say = (name, words) => {
  state.dataset.state = name;
  state.textContent = words;
};

const values = () =>
  Object.fromEntries([...new FormData(form)].filter(([name]) => !SKIPPED_FIELDS.has(name)));

const keepHere = (isSent) => {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), isSent, values: values() }));
  } catch {
    // Storage is off or full: the server's copy has to do.
  }
};

const keptHere = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

const forgetOld = () => {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith("draft:") || name === key) continue;
    if (!((keptHere(name)?.at ?? 0) > Date.now() - KEPT_MS)) localStorage.removeItem(name);
  }
};

const fill = (kept) => {
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements.namedItem(name);
    if (field && !SKIPPED_FIELDS.has(name)) field.value = value;
  }
};

const later = (pause) => {
  clearTimeout(timer);
  timer = setTimeout(save, pause);
};

async function save() {
  if (isSaving || isLeaving) return;
  isSaving = true;
  isDirty = false;
  say("saving", "Saving");
  let response = null;
  try {
    response = await fetch(form.dataset.draftUrl, {
      method: "POST",
      body: JSON.stringify(values()),
      redirect: "error",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value,
      },
    });
  } catch {
    // No answer, or sent to the sign-in page: what was written stays in this browser.
  }
  isSaving = false;
  if (!response) {
    isDirty = true;
    say("offline", navigator.onLine ? "Not reached, kept here" : "Offline, kept here");
    later(RETRY_MS);
    return;
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    isDirty = true;
    say("failed", answer.detail ?? "Not saved");
    if (response.status >= 500) later(RETRY_MS);
  } else if (isDirty) {
    later(PAUSE_MS);
  } else if (!answer.is_held) {
    keepHere(true);
    say("failed", "Kept, but others have this task now");
  } else {
    keepHere(true);
    const at = new Date(answer.saved_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    say("saved", `Saved ${at}`);
  }
}

const changed = () => {
  isDirty = true;
  keepHere(false);
  if (!isSaving) say("saving", "Not saved yet");
  later(PAUSE_MS);
};

const restore = () => {
  const kept = keptHere(key);
  const savedAt = Date.parse(form.dataset.savedAt) || 0;
  const differs = kept && JSON.stringify(kept.values) !== JSON.stringify(values());
  // A refused submission came back with the newest text there is.
  if (form.dataset.state === "unsaved" || !differs || kept.isSent) return;
  // What was typed while an earlier text was on its way is a little older than the server's copy;
  // what is much older was overtaken in another browser.
  if (kept.at < savedAt - OVERTAKEN_MS) return;
  fill(kept.values);
  form.dispatchEvent(new Event("draft:restored"));
  changed();
};

try {
  restore();
  forgetOld();
} catch {
  // Storage is off.
}
form.addEventListener("input", changed);
addEventListener("online", () => isDirty && later(0));
document.addEventListener("submit", (event) => {
  if (!navigator.onLine) {
    event.preventDefault();
    keepHere(false);
    say("offline", "Offline, kept here");
    return;
  }
  isLeaving = true;
  clearTimeout(timer);
  for (const button of document.querySelectorAll("button[type=submit]")) button.setAttribute("aria-busy", "true");
});
// Coming back with the browser's Back button: the page is as it was, and works again.
addEventListener("pageshow", () => {
  isLeaving = false;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && isDirty) later(0);
});
addEventListener("beforeunload", (event) => {
  if (isDirty && !isLeaving && state.dataset.state === "failed") event.preventDefault();
});
