// The editor of a demonstration: write, preview, what changed; further turns; words counted; Ctrl+Enter submits.
import { drafting } from "./draft.js";
import { post } from "./posting.js";
import { onShown } from "./work.js";

const pairs = (form) => [...form.querySelectorAll("[data-turn-pair]")];
const fields = (pair) => [pair.querySelector("[name=turn_user]"), pair.querySelector("[name=turn_reply]")];

const addTurn = (form, values = ["", ""]) => {
  const fresh = form.querySelector("template[data-turn]").content.cloneNode(true).firstElementChild;
  fields(fresh).forEach((field, at) => (field.value = values[at] ?? ""));
  form.querySelector("[data-turns]").append(fresh);
  return fresh;
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
    return form.querySelector("[data-turns]") ? { text, turns } : { text };
  },
  fill: (form, draft) => {
    form.elements.namedItem("text").value = draft.text ?? "";
    if (!form.querySelector("[data-turns]")) return;
    for (const pair of pairs(form)) pair.remove();
    const contents = (draft.turns ?? []).map((turn) => turn.content);
    for (let at = 0; at < contents.length; at += 2) addTurn(form, contents.slice(at, at + 2));
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

onShown((root, gone) => {
  const form = root.querySelector("#task-form");
  const text = form.elements.namedItem("text");
  const count = form.querySelector("[data-count]");
  const tabs = [...form.querySelectorAll("[role=tab]")];
  const paneOf = (tab) => form.querySelector(`#${tab.getAttribute("aria-controls")}`);

  const tell = () => {
    const n = words(written(form));
    count.textContent = `${n.toLocaleString("en")} ${n === 1 ? "word" : "words"}`;
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
