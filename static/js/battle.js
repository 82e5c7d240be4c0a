// A conversation's page: streams the replies, puts the rendered ones in their place, stops them,
// votes by key, and keeps the box for the next question under the caret.
import { addCodeButtons } from "./copy.js";
import { follow } from "./joint-stream.js";
import "./keys.js";
import { post } from "./posting.js";

const VERDICTS = {
  ArrowLeft: "a", a: "a", ArrowRight: "b", b: "b", ArrowDown: "tie", t: "tie", 0: "both_bad",
};
const LOOKS = 40;
const BETWEEN_LOOKS_MS = 250;

const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function watch(turn) {
  const panes = [...turn.querySelectorAll("[data-answer]")];
  const both = panes.length > 1;
  const say = (text) => {
    turn.querySelector("[data-status]").textContent = text;
  };
  let isWriting = false;
  const stream = follow(turn.dataset.stream, {
    text(a, b) {
      panes[0].append(a);
      if (both) panes[1].append(b);
      if (isWriting) return;
      isWriting = true;
      say(both ? "Both are writing…" : "Writing…");
    },
    restart() {
      for (const pane of panes) pane.textContent = "";
      isWriting = false;
      say("Starting again…");
    },
    end() {
      finish(turn, say);
    },
    trouble(isReconnecting) {
      isWriting = false;
      say(isReconnecting ? "Reconnecting…" : "The connection is lost. Reload the page to go on.");
    },
  });
  turn.querySelector("[data-stop]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    stop(event.target, turn, stream, say);
  });
}

async function stop(form, turn, stream, say) {
  form.querySelector("button").disabled = true;
  // What comes now was written before the models heard of it, and is cut off.
  stream.close();
  say("Stopping…");
  const answer = await post(form.action, new FormData(form));
  if (answer.isOffline) {
    say("The connection is lost. Reload the page to go on.");
    return;
  }
  await finish(turn, say);
}

// A stopped turn is settled a moment later; one whose stream has ended is settled already.
async function finished(turn) {
  for (let look = 0; look < LOOKS; look += 1) {
    const response = await fetch(turn.dataset.html);
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-turn]");
    if (fresh.dataset.state !== "streaming") return fresh;
    await wait(BETWEEN_LOOKS_MS);
  }
  throw new Error("not settled");
}

async function finish(turn, say) {
  let fresh;
  try {
    fresh = await finished(turn);
  } catch {
    say("The replies are finished. Reload the page to see them.");
    return;
  }
  // A turn that does not count leaves the conversation as it was before it.
  if (fresh.dataset.state === "void") {
    location.reload();
    return;
  }
  turn.replaceWith(fresh);
  addCodeButtons(fresh);
  const after = document.querySelector("[data-when-complete]");
  if (after) after.hidden = false;
}

for (const turn of document.querySelectorAll("[data-turn][data-stream]")) watch(turn);

// After the verdict the next question can be typed at once, with the names still in sight. Only when
// all is loaded, because going to the address's #verdict takes the focus away.
window.addEventListener("load", () => {
  const next = document.querySelector("[data-focus]");
  if (!next) return;
  next.focus({ preventScroll: true });
  document.querySelector("[data-revealed]")?.scrollIntoView({ block: "start" });
});

document.addEventListener("keydown", (event) => {
  // From the box that agrees to the terms as well, which is ticked last.
  const message = event.target.closest("form[data-message-form]");
  if (message && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    message.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const verdict = VERDICTS[event.key];
  const form = document.querySelector("[data-vote]");
  if (!verdict || !form || form.closest("[hidden]")) return;
  // Arrows belong to what they move in: a choice, or an answer that scrolls.
  if (event.target.matches("input") || (event.key.startsWith("Arrow") && scrolls(event.target))) return;
  event.preventDefault();
  form.querySelector(`[value="${verdict}"]`).click();
});

function scrolls(target) {
  const pane = target.closest(".sides, .scrolls, .formula, pre");
  return pane !== null && pane.scrollWidth > pane.clientWidth;
}

// A second press must not send a message or a verdict twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
