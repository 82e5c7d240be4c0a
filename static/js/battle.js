// A battle's page: streams both replies, puts the rendered ones in their place, votes by key.
const KEYS = {
  ArrowLeft: "a", a: "a", ArrowRight: "b", b: "b", ArrowDown: "tie", t: "tie", 0: "both_bad",
};

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function watch(turn) {
  const panes = { a: turn.querySelector("[data-answer=a]"), b: turn.querySelector("[data-answer=b]") };
  const say = (text) => {
    turn.querySelector("[data-status]").textContent = text;
  };
  const source = new EventSource(turn.dataset.stream);

  source.addEventListener("frame", (event) => {
    const frame = JSON.parse(event.data);
    panes.a.append(frame.a);
    panes.b.append(frame.b);
    say("Both are writing…");
  });
  source.addEventListener("restart", () => {
    panes.a.textContent = "";
    panes.b.textContent = "";
    say("Starting again…");
  });
  source.addEventListener("trouble", () => {
    source.close();
    say("The connection was interrupted. Reload the page to go on.");
  });
  source.addEventListener("end", () => {
    source.close();
    finish(turn, say);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) say("The connection is lost. Reload the page to go on.");
    else say("Reconnecting…");
  });
}

async function finish(turn, say) {
  let html = "";
  try {
    const response = await fetch(turn.dataset.html);
    if (!response.ok) throw new Error(String(response.status));
    html = await response.text();
  } catch {
    say("The replies are finished. Reload the page to see them.");
    return;
  }
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-turn]");
  turn.replaceWith(fresh);
  if (fresh.dataset.stream) {
    watch(fresh);
    return;
  }
  const isWhole = document.querySelector('[data-turn][data-state="complete"]') !== null;
  const after = document.querySelector("[data-when-complete]");
  if (after && isWhole) after.hidden = false;
}

for (const turn of document.querySelectorAll("[data-turn][data-stream]")) watch(turn);

document.addEventListener("keydown", (event) => {
  if (event.target.matches("[data-message-form] textarea")) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const verdict = KEYS[event.key];
  const form = document.querySelector("[data-vote]");
  if (!verdict || !form || form.closest("[hidden]")) return;
  event.preventDefault();
  form.querySelector(`[value="${verdict}"]`).click();
});

// A second press must not send a message or a verdict twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
