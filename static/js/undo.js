// Says in the task's bar what was done, and offers for a minute to take it back.
import { post } from "./posting.js";
import { toast } from "./toast.js";

const OFFERED_MS = 60 * 1000;
const SAID_MS = 8000;
let timer = 0;

export function settle() {
  clearTimeout(timer);
  document.querySelector("[data-undo]")?.remove();
}

const announce = (text) => {
  const note = document.createElement("p");
  note.className = "visually-hidden";
  note.textContent = text;
  document.querySelector("[data-toasts]")?.append(note);
  setTimeout(() => note.remove(), SAID_MS);
};

async function takeBack(url, go) {
  settle();
  const { ok, answer, isOffline } = await post(url);
  if (ok) await go(answer.next);
  else toast(answer.detail ?? (isOffline ? "Not undone: the server was not reached." : "That can no longer be undone."), "error");
}

export function offer(text, url, go) {
  const slot = document.querySelector("[data-undo-slot]");
  if (!slot) return;
  const note = document.createElement("span");
  note.dataset.undo = "";
  const said = document.createElement("span");
  said.className = "said muted small";
  // The bar has room for the first sentence.
  said.textContent = text.split(/(?<=\.)\s/u)[0];
  note.append(said);
  if (url) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.dataset.key = "u";
    button.innerHTML = "Undo <kbd>U</kbd>";
    button.addEventListener("click", () => takeBack(url, go));
    note.append(button);
  }
  slot.append(note);
  announce(`${text} Next task.${url ? " Press U to undo." : ""}`);
  timer = setTimeout(settle, url ? OFFERED_MS : SAID_MS);
}

// The offer that came with the page.
const given = document.querySelector("[data-undo][data-seconds]");
if (given) timer = setTimeout(settle, Number(given.dataset.seconds) * 1000);
