// Says what was done, and offers for a minute to take it back.
import { post } from "./posting.js";
import { toast } from "./toast.js";

const OFFERED_MS = 60 * 1000;
const SHOWN_MS = 6000;
let timer = 0;

const region = () => document.querySelector("[data-toasts]");

export function settle() {
  clearTimeout(timer);
  region()?.querySelector("[data-undo]")?.remove();
}

async function takeBack(url, go) {
  settle();
  const { ok, answer, isOffline } = await post(url);
  if (ok) go(answer.next);
  else toast(answer.detail ?? (isOffline ? "Not undone: the server was not reached." : "That can no longer be undone."), "error");
}

export function offer(text, url, go) {
  settle();
  const note = document.createElement("p");
  note.className = "toast";
  note.dataset.undo = "";
  note.append(text);
  if (url) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.dataset.key = "u";
    button.innerHTML = "Undo <kbd>U</kbd>";
    button.addEventListener("click", () => takeBack(url, go));
    note.append(" ", button);
  }
  region()?.append(note);
  timer = setTimeout(settle, url ? OFFERED_MS : SHOWN_MS);
}
