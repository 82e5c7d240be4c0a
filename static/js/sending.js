// What was submitted while the next task is on the screen already: sent until the server has answered, and said in
// the task's bar meanwhile. Until then nothing claims that it is saved; its draft stays in this browser.
import { settle } from "./undo.js";

const AGAIN_MS = 4000;
const MOST_TRIES = 3;

const why = ({ isOffline, status }) => {
  if (isOffline) return "Not submitted yet: the server was not reached. Trying again.";
  if (status >= 500) return "Not submitted yet: the server had a problem. Trying again.";
  return "Not submitted yet: you are signed out. Sign in again in another tab.";
};

function say(text, state) {
  const slot = document.querySelector("[data-undo-slot]");
  const known = slot?.querySelector("[data-sending]");
  if (!slot || known?.textContent === text) return;
  settle();
  const note = document.createElement("span");
  note.className = "saved-state said small";
  note.setAttribute("role", "status");
  note.dataset.undo = "";
  note.dataset.sending = "";
  note.dataset.state = state;
  note.textContent = text;
  slot.append(note);
}

const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, AGAIN_MS);
    addEventListener("online", resolve, { once: true });
  });

// Leaving the page is asked about once a try has failed; what is merely on its way arrives.
const ask = (event) => event.preventDefault();

// The server's answer to what is `sending`, sent `again` until there is one. A refusal is one, and so is what the
// server fails at again and again.
export async function delivered(sending, again) {
  say("Submitting", "saving");
  for (let tries = 1; ; tries += 1) {
    const sent = await (tries === 1 ? sending : again());
    const isSignedOut = sent.isSignedOut || (sent.status === 403 && !sent.answer.detail);
    if (sent.ok || !(sent.isOffline || isSignedOut || (sent.status >= 500 && tries < MOST_TRIES))) {
      removeEventListener("beforeunload", ask);
      settle();
      return sent;
    }
    addEventListener("beforeunload", ask);
    say(why(sent), "offline");
    await pause();
  }
}
