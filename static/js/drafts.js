// The drawer of model drafts beside the editor, and the answers that a model rewrites. Models stay unnamed.
//
// assist(root, gone, { target, areaOf, before }) shows both: `target()` is the field that is written in, `areaOf(turn)`
// that of a reply, `before(area)` the messages between the prompt and it. The answer is label(generation), for whoever
// shows who wrote what: { label, stroke }.
import { characters, drawn } from "./provenance.js";
import { follows, putIn, selectedOf } from "./authorship.js";
import { post } from "./posting.js";

const POLL_MS = 2000;
const COMPARE_MS = 800;
const STROKES = 5;
const STATES = { waiting: "Waiting for a model", writing: "Writing", done: "", failed: "" };
const OUTCOMES = { accepted: "Taken", edited: "Taken to edit", discarded: "Discarded" };
const ELEMENTS = { same: "span", gone: "del", new: "ins" };

const isUnfinished = ({ state }) => state === "waiting" || state === "writing";

async function load(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const why = ({ answer, isOffline, isSignedOut }) => {
  if (answer.detail) return answer.problems?.length ? answer.problems[0].text : answer.detail;
  if (isOffline) return "The server was not reached. What you wrote is kept here.";
  return isSignedOut ? "You are signed out. Sign in again in another tab." : "That did not work. Try again in a moment.";
};

export function assist(root, gone, { target, areaOf, before }) {
  const place = root.querySelector("[data-assist]");
  if (!place) return null;
  const drawer = root.querySelector("[data-drafts]");
  const panel = root.querySelector("[data-repair]");
  const names = new Map();
  let source = null;
  let timer = 0;

  const name = (kind, each) =>
    names.set(each.generation, { label: `${kind} ${each.number}`, stroke: ((each.number - 1) % STROKES) + 1 });

  const show = (drawn_) => {
    for (const each of drawn_.drafts) name("Draft", each);
    for (const each of drawn_.repairs) name("Rewriting", each);
    if (drawer) showDrafts(drawer, drawn_);
    if (panel) showRepair(panel, drawn_);
    place.dispatchEvent(new CustomEvent("assist:shown"));
    if ([...drawn_.drafts, ...drawn_.repairs].some(isUnfinished)) watch();
  };

  const refresh = async () => {
    if (gone.aborted) return;
    const fresh = await load(place.dataset.draftsUrl);
    if (gone.aborted) return;
    if (fresh) show(fresh);
    else later();
  };

  const later = () => {
    clearTimeout(timer);
    if (!gone.aborted) timer = setTimeout(refresh, POLL_MS);
  };

  const stop = () => {
    source?.close();
    source = null;
  };

  const watch = () => {
    if (source) return;
    source = new EventSource(place.dataset.streamUrl);
    source.addEventListener("text", (event) => {
      const { generation, text, restart } = JSON.parse(event.data);
      for (const area of root.querySelectorAll(`[data-generation="${generation}"] [data-drawn]`)) {
        setText(area, restart ? text : area.defaultValue + text);
        area.closest("[data-generation]").querySelector("[data-state]").textContent = STATES.writing;
      }
    });
    source.addEventListener("end", () => {
      stop();
      // What was written a moment ago is on its way to the database.
      clearTimeout(timer);
      timer = setTimeout(refresh, 200);
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      stop();
      later();
    });
  };

  const ask = async (url, body, said) => {
    said.textContent = "";
    const sent = await post(url, body);
    if (gone.aborted) return false;
    if (sent.ok) {
      // The stream that is open knows nothing of what was asked for just now.
      stop();
      show(sent.answer);
    } else said.textContent = why(sent);
    return sent.ok;
  };

  gone.addEventListener("abort", () => {
    stop();
    clearTimeout(timer);
  });
  if (drawer) useDrawer(drawer, place, { ask, target, before });
  if (panel) usePanel(panel, place, { ask, target, areaOf, before, refresh, gone });
  show(JSON.parse(place.dataset.begun));
  return (generation) => names.get(generation) ?? { label: "A draft", stroke: 1 };
}

// Drafts

const setText = (area, text) => {
  area.defaultValue = text;
  area.value = text;
};

// A field one can only read has no caret in every browser, and then no part of it can be chosen by keyboard. So this one
// has a caret and refuses to change.
const keepAsItIs = (area) => {
  const refuse = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  area.addEventListener("beforeinput", refuse);
  area.addEventListener("paste", refuse);
  area.addEventListener("input", (event) => {
    event.stopPropagation();
    area.value = area.defaultValue;
  });
};

const rowOf = (drawer, draft) => {
  const list = drawer.querySelector("[data-draft-list]");
  const known = list.querySelector(`[data-generation="${draft.generation}"]`);
  if (known) return known;
  const row = drawer.querySelector("template").content.cloneNode(true).firstElementChild;
  row.dataset.generation = draft.generation;
  row.querySelector("[data-name]").textContent = `Draft ${draft.number}`;
  const area = row.querySelector("[data-drawn]");
  area.setAttribute("aria-label", `Draft ${draft.number}`);
  follows(area, draft.generation);
  keepAsItIs(area);
  const whole = row.querySelector("[data-insert]");
  whole.setAttribute("aria-label", `Insert all of draft ${draft.number}`);
  row.querySelector("[data-insert-selection]").setAttribute("aria-label", `Insert part of draft ${draft.number}`);
  if (draft.number < 10) {
    whole.dataset.key = draft.number;
    whole.querySelector("kbd").textContent = draft.number;
  } else whole.querySelector("kbd").remove();
  list.append(row);
  return row;
};

function showDrafts(drawer, { drafts, left }) {
  for (const draft of drafts) {
    const row = rowOf(drawer, draft);
    const area = row.querySelector("[data-drawn]");
    const isDone = draft.state === "done";
    if (isDone && area.value !== draft.text) setText(area, draft.text);
    area.hidden = draft.state === "failed";
    row.dataset.done = isDone;
    row.querySelector("[data-state]").textContent = [
      draft.turn ? `For reply ${draft.turn + 1}.` : "",
      draft.note || STATES[draft.state],
    ].join(" ").trim();
    row.querySelector("[data-insert]").disabled = !isDone;
  }
  const draw = drawer.querySelector("[data-draw-drafts]");
  const isBusy = drafts.some(isUnfinished);
  draw.disabled = isBusy || left < 1;
  draw.querySelector("[data-words]").textContent = drafts.length ? "Draw more" : draw.dataset.first;
  const told = drawer.querySelector("[data-left]");
  told.hidden = left > 5 && drafts.length > 0;
  if (drafts.length) told.textContent = left ? `${left} more can be drawn for this task.` : "All draws for this task are made.";
}

function useDrawer(drawer, place, { ask, target, before }) {
  const said = drawer.querySelector("[data-said]");
  drawer.addEventListener("click", async (event) => {
    const draw = event.target.closest("[data-draw-drafts]");
    if (draw) {
      draw.setAttribute("aria-busy", "true");
      const isAsked = await ask(place.dataset.draftsUrl, { before: before(target()) }, said);
      draw.removeAttribute("aria-busy");
      if (isAsked) said.textContent = "Drafts are being written.";
      return;
    }
    const button = event.target.closest("[data-insert], [data-insert-selection]");
    if (button) insert(button.closest("[data-generation]"), { whole: "insert" in button.dataset });
  });

  const insert = (row, { whole }) => {
    const area = row.querySelector("[data-drawn]");
    const { text, spans } = selectedOf(area, Number(row.dataset.generation), { whole });
    if (!text) return;
    putIn(target(), text, spans);
    said.textContent = `Inserted ${whole ? "all" : "a part"} of ${row.querySelector("[data-name]").textContent.toLowerCase()}.`;
  };

  // In a draft: Enter puts in what is selected, or all of it; Escape leaves it.
  drawer.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-drawn]")) return;
    if (event.key === "Escape") event.target.blur();
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.repeat) return;
    event.preventDefault();
    const row = event.target.closest("[data-generation]");
    if (row.dataset.done === "true") insert(row, { whole: event.target.selectionStart === event.target.selectionEnd });
  });

  const offer = (event) => {
    if (!event.target.matches?.("[data-drawn]")) return;
    const { selectionStart, selectionEnd } = event.target;
    const row = event.target.closest("[data-generation]");
    row.querySelector("[data-insert-selection]").disabled = row.dataset.done !== "true" || selectionStart === selectionEnd;
  };
  for (const kind of ["select", "keyup", "pointerup", "selectionchange"]) drawer.addEventListener(kind, offer);
}

// Answers rewritten on request

function showRepair(panel, { repairs, left }) {
  const last = repairs.at(-1);
  const result = panel.querySelector("[data-result]");
  panel.querySelector("[data-ask-repair]").disabled = left < 1 || (last !== undefined && isUnfinished(last));
  const earlier = panel.querySelector("[data-earlier]");
  earlier.replaceChildren(...repairs.filter(({ outcome }) => outcome !== "open").map(toldRepair));
  earlier.hidden = !earlier.childElementCount;
  const isOpen = last !== undefined && last.outcome === "open";
  result.hidden = !isOpen;
  if (!isOpen) return;
  result.dataset.generation = last.generation;
  panel.hidden = false;
  const area = result.querySelector("[data-drawn]");
  const isDone = last.state === "done";
  if (isDone) setText(area, last.text);
  else if (last.state === "waiting") setText(area, "");
  result.querySelector("[data-name]").textContent = `Rewriting ${last.number}`;
  result.querySelector("[data-state]").textContent = last.note || STATES[last.state];
  area.hidden = isDone || last.state === "failed";
  result.querySelector("[data-changes-shown]").hidden = !isDone;
  for (const button of result.querySelectorAll("[data-outcome]")) {
    button.disabled = !isDone && !(last.state === "failed" && button.dataset.outcome === "discarded");
  }
  if (!isUnfinished(last)) panel.dispatchEvent(new CustomEvent("repair:done", { detail: last }));
}

const toldRepair = ({ number, complaint, outcome, state }) => {
  const item = document.createElement("li");
  const said = complaint ? `“${complaint}”` : "a clause";
  item.textContent = `Rewriting ${number}, for ${said}: ${state === "failed" ? "nothing came" : OUTCOMES[outcome].toLowerCase()}.`;
  return item;
};

function usePanel(panel, place, { ask, target, areaOf, before, refresh, gone }) {
  const said = panel.querySelector("[data-said]");
  const complaint = panel.querySelector("[data-complaint]");
  const result = panel.querySelector("[data-result]");
  let current = null;
  let timer = 0;

  const request = async () => {
    const button = panel.querySelector("[data-ask-repair]");
    const area = target();
    if (button.disabled) return;
    button.setAttribute("aria-busy", "true");
    const body = { text: area.value, complaint: complaint.value, before: before(area) };
    const isAsked = await ask(place.dataset.repairsUrl, body, said);
    button.removeAttribute("aria-busy");
    if (!isAsked) {
      complaint.focus();
      return;
    }
    complaint.value = "";
    complaint.dispatchEvent(new Event("input", { bubbles: true }));
    said.textContent = "A model is rewriting it.";
  };

  const compare = async () => {
    const shown = panel.querySelector("[data-changes-shown]");
    shown.textContent = "Comparing …";
    const url = `${place.dataset.repairsUrl}${current.number}/changes/`;
    const { ok, answer } = await post(url, { text: areaOf(current.turn).value });
    if (gone.aborted) return;
    if (!ok) {
      shown.textContent = current.text;
      return;
    }
    shown.replaceChildren(
      ...answer.pieces.map(([kind, text]) => {
        const piece = document.createElement(ELEMENTS[kind]);
        piece.textContent = text;
        return piece;
      }),
    );
  };

  const settle = async (outcome) => {
    const { number, turn, text, generation } = current;
    const sent = await post(`${place.dataset.repairsUrl}${number}/`, { outcome });
    if (!sent.ok) {
      said.textContent = why(sent);
      return;
    }
    const area = areaOf(turn);
    if (outcome !== "discarded") putIn(area, text, drawn(generation, characters(text).length), true);
    said.textContent = outcome === "discarded" ? "Discarded. Your answer is as it was." : "The rewriting is your answer now.";
    if (outcome === "edited") area.setSelectionRange(0, 0);
    else complaint.focus();
    refresh();
  };

  panel.addEventListener("repair:done", (event) => {
    const isNew = current?.generation !== event.detail.generation;
    current = event.detail;
    if (isNew && current.state === "done") {
      said.textContent = "The rewriting is there.";
      compare();
    }
  });
  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-ask-repair]")) request();
    const button = event.target.closest("[data-outcome]");
    if (button && current) settle(button.dataset.outcome);
  });
  // What it would change is told of the answer as it is now.
  const again = (event) => {
    if (result.hidden || current?.state !== "done") return;
    if (event.type === "input" && event.target !== areaOf(current.turn)) return;
    clearTimeout(timer);
    timer = setTimeout(compare, COMPARE_MS);
  };
  place.addEventListener("input", again);
  place.addEventListener("draft:restored", again, { capture: true });
  gone.addEventListener("abort", () => clearTimeout(timer));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("textarea")) event.target.blur();
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target !== complaint) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) request();
  });
  place.querySelector("[data-open-repair]")?.addEventListener("click", () => {
    panel.hidden = false;
    complaint.focus();
  });
}
