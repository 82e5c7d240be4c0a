// A model's check of an answer: asked for, waited for, its claims shown, jumped to, dismissed or acted on.
// Nothing is ever put into the answer. The server renders the claims; their words are looked for here,
// so that a claim whose words have changed says so while somebody writes.
import { post } from "./posting.js";
import { onShown } from "./work.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 3000;

const replies = (form) => [form.elements.namedItem("text"), ...form.querySelectorAll("[name=turn_reply]")];

const written = (form) => {
  const users = [...form.querySelectorAll("[name=turn_user]")];
  const [first, ...others] = replies(form);
  const turns = others.flatMap((reply, at) => [
    { role: "user", content: users[at].value },
    { role: "assistant", content: reply.value },
  ]);
  return turns.length ? { text: first.value, turns } : { text: first.value };
};

// White space of any kind and length counts as any other, as on the server.
const placeOf = (quote, text) => {
  const words = quote.trim().split(/\s+/u);
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  return new RegExp(pattern).exec(text);
};

const find = (form, quote) => {
  for (const field of replies(form)) {
    const found = placeOf(quote, field.value);
    if (found) return { field, start: found.index, end: found.index + found[0].length };
  }
  return null;
};

function show(form, claim) {
  const place = find(form, claim.dataset.quote);
  const field = place?.field ?? replies(form)[0];
  if (field.closest("[hidden]")) form.querySelector("#tab-write")?.click();
  if (place) {
    // The caret is scrolled to when it is set in a field that has the focus, and at its end only.
    field.setSelectionRange(place.end, place.end);
    field.focus();
    field.setSelectionRange(place.start, place.end);
  } else {
    field.focus();
  }
  field.scrollIntoView({ block: "nearest" });
}

async function read(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error" });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

onShown((root, gone) => {
  const place = root.querySelector("[data-self-check]");
  const button = place?.querySelector("[data-check]");
  if (!button) return;
  const form = root.querySelector("#task-form");
  const list = place.querySelector("[data-check-claims]");
  const said = place.querySelector("[data-check-said]");
  const url = place.dataset.selfCheck;
  let timer = 0;
  let nLeft = button.disabled ? 0 : 1;

  const say = (words) => {
    if (said.textContent !== words) said.textContent = words;
  };

  const markStale = () => {
    for (const claim of list.querySelectorAll("[data-claim]")) {
      claim.classList.toggle("stale", find(form, claim.dataset.quote) === null);
    }
  };

  const tell = (answer) => {
    nLeft = answer.n_left;
    place.querySelector("[data-check-left]").textContent = `${nLeft} left for this answer`;
    button.disabled = answer.is_waiting || !nLeft;
    // What is being read or pressed stays until there is something new to put in its place.
    if (!answer.is_waiting) {
      list.innerHTML = answer.html; // escaped by the server's template
      markStale();
    }
    say(answer.said);
  };

  const refused = ({ answer, isOffline, isSignedOut }) => {
    if (isOffline) return "The server was not reached. Try again in a moment.";
    if (isSignedOut) return "You are signed out. Sign in again in another tab.";
    return answer.problems?.map((problem) => problem.text).join(" ") || answer.detail || "The server had a problem.";
  };

  const wait = (pause) => {
    clearTimeout(timer);
    if (gone.aborted) return;
    timer = setTimeout(async () => {
      const answer = await read(url).catch(() => null);
      if (gone.aborted) return;
      if (answer && !answer.is_waiting) tell(answer);
      else wait(Math.min(LONGEST_WAIT_MS, pause * 1.5));
    }, pause);
  };

  const ask = async () => {
    button.disabled = true;
    say("Being checked …");
    const sent = await post(url, written(form));
    if (gone.aborted) return;
    if (sent.ok) {
      tell(sent.answer);
      wait(FIRST_WAIT_MS);
    } else {
      say(refused(sent));
      button.disabled = !nLeft;
    }
  };

  const decide = async (claim, pressed) => {
    const key = claim.dataset.claim;
    const acts = pressed.value === "acted";
    if (acts) show(form, claim);
    const sent = await post(claim.dataset.url, { [pressed.name]: pressed.value });
    if (gone.aborted) return;
    if (!sent.ok) {
      say(refused(sent));
      return;
    }
    tell(sent.answer);
    if (!acts) list.querySelector(`[data-claim="${CSS.escape(key)}"]`)?.focus();
  };

  place.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    const claim = pressed?.closest("[data-claim]");
    if (!pressed || pressed.disabled) return;
    if (pressed === button || "decide" in pressed.dataset) event.preventDefault();
    if (pressed === button) ask();
    else if (claim && "decide" in pressed.dataset) decide(claim, pressed);
    else if (claim && "showQuote" in pressed.dataset) show(form, claim);
  });
  form.addEventListener("input", markStale);
  form.addEventListener("draft:changed", markStale);
  form.addEventListener("draft:restored", markStale);
  gone.addEventListener("abort", () => clearTimeout(timer));
  markStale();
  if ("waiting" in place.dataset) wait(FIRST_WAIT_MS);
});
