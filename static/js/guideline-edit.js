// The guideline's draft: kept a moment after each change, and shown as labelers will see it.
const PAUSE_MS = 1200;
const form = document.querySelector("[data-guideline-edit]");
const text = form.elements.text;
const seen = form.elements.last_seen;
const state = form.querySelector("[data-saved-state]");
const preview = form.querySelector("[data-preview]");
const refused = form.querySelector("[data-preview-refused]");

let timer = 0;
let running = null;
let isDirty = false;
let isStopped = false;
let isLeaving = false;

const say = (name, words) => {
  state.dataset.state = name;
  state.textContent = words;
};

const post = async (url, fields) => {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const response = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
  return { response, answer: await response.json().catch(() => ({})) };
};

const save = async () => {
  isDirty = false;
  say("saving", "Saving");
  try {
    const { response, answer } = await post(form.dataset.draftUrl, { text: text.value, last_seen: seen.value });
    if (response.ok) {
      seen.value = answer.saved_at;
      if (!isDirty) say("saved", "Saved");
      return;
    }
    isDirty = true;
    // Somebody else wrote meanwhile: trying again would not help, so the writer has to look.
    isStopped = response.status === 409;
    say("failed", answer.detail ?? "Not saved");
  } catch {
    isDirty = true;
    say("offline", "Offline, not saved");
  }
};

const show = async () => {
  try {
    const { response, answer } = await post(form.dataset.previewUrl, { text: text.value });
    refused.textContent = response.ok ? "" : (answer.detail ?? "The preview failed.");
    if (response.ok) preview.innerHTML = answer.html; // sanitised by the server's one renderer
  } catch {
    refused.textContent = "Offline: the preview waits.";
  }
};

const go = async () => {
  if (running) {
    timer = setTimeout(go, PAUSE_MS);
    return;
  }
  running = Promise.all([isStopped ? null : save(), show()]);
  await running;
  running = null;
};

text.addEventListener("input", () => {
  isDirty = true;
  clearTimeout(timer);
  timer = setTimeout(go, PAUSE_MS);
});

addEventListener("online", () => {
  if (isDirty) go();
});

// A save on its way would change the stamp that this form is about to send.
form.addEventListener("submit", async (event) => {
  clearTimeout(timer);
  if (!running || isLeaving) {
    isLeaving = true;
    return;
  }
  event.preventDefault();
  const { submitter } = event;
  await running;
  isLeaving = true;
  form.requestSubmit(submitter);
});

addEventListener("beforeunload", (event) => {
  if (isDirty && !isLeaving) event.preventDefault();
});

if (text.value.trim() && !preview.querySelector(".clause")) show();
