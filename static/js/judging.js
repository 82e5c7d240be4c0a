// What comparisons and rankings share: Enter submits, J justifies, P opens a long prompt, R shows the answers as
// they were written, V raises flags; and why a justification is asked for is said as soon as it is.
import { onShown } from "./work.js";

const OTHERS = ["button", "checkbox", "radio", "submit"];

export const writing = (target) =>
  target.closest("textarea, select, [contenteditable]") || (target.matches("input") && !OTHERS.includes(target.type));

const pressing = (target) => target.closest("button, a, summary");
const isFree = (event) =>
  !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat || event.isComposing) &&
  !document.querySelector("dialog[open]");

// Shows a region's answers as data-view says: rendered, raw or differences.
const views = (root) => {
  const region = root.querySelector("[data-judged]");
  const toggles = [...root.querySelectorAll("[data-view-toggle]")];
  const show = (view) => {
    region.dataset.view = view;
    for (const toggle of toggles) toggle.setAttribute("aria-pressed", String(toggle.dataset.viewToggle === view));
  };
  for (const toggle of toggles) {
    const view = toggle.dataset.viewToggle;
    toggle.addEventListener("click", () => show(region.dataset.view === view ? "rendered" : view));
  }
};

const longPrompt = (root) => {
  const section = root.querySelector("[data-prompt]");
  const box = section?.querySelector(".box");
  const button = section?.querySelector("[data-expand]");
  if (!button) return;
  button.hidden = box.scrollHeight <= box.clientHeight + 4;
  button.addEventListener("click", () => {
    const isOpen = section.toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(isOpen));
  });
};

// Which of the reasons to ask holds for a choice: "bad" where nothing is good enough, "strong" at an end.
export function justifying(root, kindOfChoice) {
  const details = root.querySelector("[data-justification]");
  const form = root.querySelector("#task-form");
  const field = form.elements.namedItem("justification");
  const why = details.querySelector("[data-why]");
  const reasons = { always: details.dataset.whyAlways, strong: details.dataset.whyStrong, bad: details.dataset.whyBad };
  const reason = () => reasons.always || reasons[kindOfChoice()] || "";

  const tell = () => {
    const asked = reason();
    details.querySelector('[data-asked="optional"]').hidden = Boolean(asked);
    details.querySelector('[data-asked="required"]').hidden = !asked;
    if (why.textContent !== asked) why.textContent = asked;
    if (asked) details.open = true;
  };

  form.addEventListener("change", tell);
  form.addEventListener("judgement:changed", tell);
  form.addEventListener("draft:restored", () => {
    if (field.value) details.open = true;
    tell();
  });
  tell();
  return { isMissing: () => Boolean(reason()) && !field.value.trim(), reason, field };
}

const open = (root) => {
  const details = root.querySelector("[data-justification]");
  details.open = true;
  details.querySelector("textarea").focus();
};

const counts = (root) => {
  for (const menu of root.querySelectorAll("[data-flags]")) {
    const number = menu.querySelectorAll("input:checked").length;
    menu.querySelector("[data-count]").textContent = number ? `(${number})` : "";
  }
};

// The menu of the answer at hand, or the only one there is.
const flagMenu = (root) =>
  document.activeElement?.closest("[data-place]")?.querySelector("[data-flags]") ?? root.querySelector("[data-flags]");

const flag = (root) => {
  const menu = flagMenu(root);
  if (!menu) return false;
  menu.open = true;
  menu.querySelector("input").focus();
  return true;
};

// Says once what is still to do, and goes there.
export function stillToDo(root, text, field) {
  const hint = root.querySelector("[data-hint]");
  hint.textContent = text;
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}

export function sameKeys(root, gone, { submit }) {
  const form = root.querySelector("#task-form");
  const pressed = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      submit();
    }
    if (event.defaultPrevented || !isFree(event) || writing(event.target)) return;
    if (event.key === "Enter" && !pressing(event.target)) {
      event.preventDefault();
      submit();
    } else if (event.key === "j") {
      event.preventDefault();
      open(root);
    } else if (event.key === "v" && flag(root)) {
      event.preventDefault();
    }
  };
  document.addEventListener("keydown", pressed, { signal: gone });
  form.addEventListener("change", () => {
    counts(root);
    root.querySelector("[data-hint]").textContent = "";
  });
  form.addEventListener("draft:restored", () => counts(root));
  counts(root);
}

onShown((root) => {
  if (!root.querySelector("[data-judged]")) return;
  views(root);
  longPrompt(root);
});
