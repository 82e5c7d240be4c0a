// The keys of a comparison beyond its scale: J writes a justification, Enter submits.
import { onShown } from "./work.js";

const writing = (target) => target.closest("textarea, select, [contenteditable], input:not([type=radio])");
const pressing = (target) => target.closest("button, a, summary");

onShown((root, gone) => {
  const form = root.querySelector("#task-form");
  const justification = form.querySelector("[data-justification]");
  const field = form.elements.namedItem("justification");

  const pressed = (event) => {
    if (event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
    if (event.key === "Enter") {
      const wants = event.ctrlKey || event.metaKey || (isPlain && !writing(event.target) && !pressing(event.target));
      if (!wants) return;
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "j" && isPlain && !writing(event.target)) {
      event.preventDefault();
      justification.open = true;
      field.focus();
    } else if (event.key === "Escape" && event.target === field) {
      field.blur();
    }
  };

  document.addEventListener("keydown", pressed, { signal: gone });
  form.addEventListener("draft:restored", () => {
    if (field.value) justification.open = true;
  });
});
