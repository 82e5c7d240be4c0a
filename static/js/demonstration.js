// The editor of a demonstration: write, preview, what changed; further turns; words counted; Ctrl+Enter submits.
import { drafting } from "./draft.js";
import { spansOf, track } from "./authorship.js";
import { assist } from "./drafts.js";
import { post } from "./posting.js";
import { PERSON, characters, personPercent, pieces, shares } from "./provenance.js";
import { onShown } from "./work.js";

const pairs = (form) => [...form.querySelectorAll("[data-turn-pair]")];
const fields = (pair) => [pair.querySelector("[name=turn_user]"), pair.querySelector("[name=turn_reply]")];

const addTurn = (form, values = ["", ""], spans = []) => {
  const fresh = form.querySelector("template[data-turn]").content.cloneNode(true).firstElementChild;
  fields(fresh).forEach((field, at) => (field.value = values[at] ?? ""));
  form.querySelector("[data-turns]").append(fresh);
  if (isShared(form)) track(fields(fresh)[1], spans);
  return fresh;
};

// Whether models may have a part in it, so that it is kept who wrote what.
const isShared = (form) => Boolean(form.closest("[data-assist]"));
const repliesOf = (form) => [form.elements.namedItem("text"), ...pairs(form).map((pair) => fields(pair)[1])];

const whoWrote = (form) => {
  if (!isShared(form)) return {};
  const [spans, ...later] = repliesOf(form).map(spansOf);
  return { spans, turn_spans: later.flatMap((each) => [null, each]) };
};

drafting("demonstration", {
  serialise: (form) => {
    const turns = pairs(form).flatMap((pair) => {
      const [user, reply] = fields(pair);
      return [
        { role: "user", content: user.value },
        { role: "assistant", content: reply.value },
      ];
    });
    const text = form.elements.namedItem("text").value;
    return { text, ...(form.querySelector("[data-turns]") ? { turns } : {}), ...whoWrote(form) };
  },
  fill: (form, draft) => {
    form.elements.namedItem("text").value = draft.text ?? "";
    if (isShared(form)) track(form.elements.namedItem("text"), draft.spans);
    if (!form.querySelector("[data-turns]")) return;
    for (const pair of pairs(form)) pair.remove();
    const contents = (draft.turns ?? []).map((turn) => turn.content);
    for (let at = 0; at < contents.length; at += 2) addTurn(form, contents.slice(at, at + 2), draft.turn_spans?.[at + 1]);
  },
});

// All of what is written, as a conversation.
const written = (form) =>
  [form.elements.namedItem("text").value, ...pairs(form).flatMap((pair) => fields(pair).map((field) => field.value))];

const words = (texts) => texts.join(" ").trim().split(/\s+/u).filter(Boolean).length;

async function render(form, text) {
  const body = new FormData();
  body.set("text", text);
  const { ok, answer } = await post(form.dataset.previewUrl, body);
  if (!ok) throw new Error(answer.detail ?? "The preview needs the server, which did not answer.");
  return answer.html;
}

async function preview(form, place) {
  place.textContent = "Rendering …";
  const texts = written(form);
  const parts = texts.length > 1 ? texts.map((text, at) => `**${at % 2 ? "User" : "Assistant"}**\n\n${text}`) : texts;
  try {
    const html = await render(form, parts.join("\n\n---\n\n"));
    if (html) place.innerHTML = html; // sanitised by the server's one renderer
    else place.textContent = "Nothing written yet.";
  } catch (error) {
    place.textContent = error.message;
  }
}

const ELEMENTS = { same: "span", gone: "del", new: "ins" };

async function showChanges(form, place) {
  place.textContent = "Comparing …";
  const body = new FormData();
  body.set("text", written(form).join("\n\n"));
  const { ok, answer } = await post(form.dataset.changesUrl, body);
  if (!ok) {
    place.textContent = answer.detail ?? "Comparing needs the server, which did not answer.";
    return;
  }
  const pieces = answer.pieces.map(([kind, text]) => {
    const piece = document.createElement(ELEMENTS[kind]);
    piece.textContent = text;
    return piece;
  });
  place.replaceChildren(...pieces);
}

// Each reply in parts, those from drafts marked by ground, stroke and number; a person's are left as they are.
function showWriters(form, place, label) {
  const legend = new Map();
  const replies = repliesOf(form).map((area) => {
    const block = document.createElement("div");
    block.className = "plain-text written";
    for (const [origin, text] of pieces(spansOf(area), characters(area.value))) block.append(partOf(origin, text, label, legend));
    if (!area.value) block.textContent = "Nothing written yet.";
    return block;
  });
  const list = document.createElement("ul");
  list.className = "legend plain-list cluster small";
  list.append(keyOf("You: not marked", 0));
  for (const { label: name, stroke } of legend.values()) list.append(keyOf(name, stroke));
  place.replaceChildren(list, ...replies);
}

const partOf = (origin, text, label, legend) => {
  if (origin === PERSON) return document.createTextNode(text);
  const { label: name, stroke } = label(origin);
  legend.set(name, { label: name, stroke });
  const part = document.createElement("mark");
  part.className = `wrote stroke-${stroke}`;
  const from = document.createElement("span");
  from.className = "from";
  from.textContent = name;
  part.append(from, text);
  return part;
};

const keyOf = (words, stroke) => {
  const item = document.createElement("li");
  const mark = document.createElement(stroke ? "mark" : "span");
  if (stroke) mark.className = `wrote stroke-${stroke}`;
  mark.textContent = words;
  item.append(mark);
  return item;
};

const shareSaid = (form) => {
  const sum = { person: 0, model: 0 };
  for (const area of repliesOf(form)) {
    const { person, model } = shares(spansOf(area));
    sum.person += person;
    sum.model += model;
  }
  if (!sum.model) return "";
  const yours = personPercent(sum);
  return `${yours} % yours, ${100 - yours} % drafts`;
};

// What a reply follows: the messages between the prompt and it.
const before = (form, area) => {
  const at = repliesOf(form).indexOf(area);
  if (at < 1) return [];
  const said = [form.elements.namedItem("text").value, ...pairs(form).flatMap((pair) => fields(pair).map((field) => field.value))];
  return said.slice(0, 2 * at).map((content, k) => ({ role: k % 2 ? "user" : "assistant", content }));
};

onShown((root, gone) => {
  const form = root.querySelector("#task-form");
  const text = form.elements.namedItem("text");
  const count = form.querySelector("[data-count]");
  const tabs = [...form.querySelectorAll("[role=tab]")];
  const paneOf = (tab) => form.querySelector(`#${tab.getAttribute("aria-controls")}`);

  let label = null;
  let writing = text;
  const place = form.closest("[data-assist]");
  if (place) {
    const begun = JSON.parse(place.dataset.spans);
    track(text, begun.spans);
    pairs(form).forEach((pair, at) => track(fields(pair)[1], begun.turn_spans[2 * at + 1]));
    // Drafts go to the reply that was written in last.
    form.addEventListener("focusin", (event) => {
      if (repliesOf(form).includes(event.target)) writing = event.target;
    });
    label = assist(root, gone, {
      target: () => {
        if (paneOf(tabs[0]).hidden) choose(tabs[0]);
        return form.contains(writing) ? writing : text;
      },
      areaOf: (turn) => repliesOf(form)[turn] ?? text,
      before: (area) => before(form, area),
    });
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of Object.entries(whoWrote(form))) event.formData.set(name, JSON.stringify(value));
    });
  }

  const tell = () => {
    const n = words(written(form));
    count.textContent = `${n.toLocaleString("en")} ${n === 1 ? "word" : "words"}`;
    const share = form.querySelector("[data-share]");
    if (share) share.textContent = shareSaid(form);
    const add = form.querySelector("[data-add-turn]");
    if (add) add.disabled = pairs(form).length >= Number(add.dataset.most);
  };

  const choose = (tab) => {
    for (const each of tabs) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
      paneOf(each).hidden = each !== tab;
    }
    const pane = paneOf(tab);
    if ("preview" in pane.dataset) preview(form, pane);
    if ("changes" in pane.dataset) showChanges(form, pane);
    if ("writers" in pane.dataset) showWriters(form, pane, label);
  };

  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.indexOf(event.target);
    if (!step || at < 0) return;
    const other = tabs[(at + step + tabs.length) % tabs.length];
    other.focus();
    choose(other);
  };

  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      choose(tab);
      if (tab === tabs[0]) text.focus();
    });
  }
  tabs[0].parentElement.addEventListener("keydown", move);

  const changed = () => {
    tell();
    form.dispatchEvent(new Event("draft:changed"));
  };
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-turn]")) {
      fields(addTurn(form))[0].focus();
      changed();
    }
    const removed = event.target.closest("[data-remove-turn]")?.closest("[data-turn-pair]");
    if (removed) {
      const before = removed.previousElementSibling;
      removed.remove();
      (before ? fields(before)[1] : text).focus();
      changed();
    }
  });

  const pressed = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    form.requestSubmit();
  };
  document.addEventListener("keydown", pressed, { signal: gone });
  form.addEventListener("input", tell);
  form.addEventListener("draft:restored", tell);
  choose(tabs[0]);
  tell();
});
