// [data-key="x"] on a button or link: pressing x clicks it, except while writing or in a dialog.
// Escape leaves a text field of a task, so that single keys work again.
const OTHERS = ["button", "checkbox", "radio", "range", "reset", "submit"];
const writing = (target) =>
  target.closest("textarea, select, [contenteditable]") ?? (target.matches("input") && !OTHERS.includes(target.type));

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
  if (writing(event.target)) {
    if (event.key === "Escape" && event.target.closest("#task-form")) event.target.blur();
    return;
  }
  const key = CSS.escape(event.key.toLowerCase());
  const control = [...document.querySelectorAll(`:is(button:enabled, a)[data-key="${key}"]`)].find(
    (each) => !each.closest("[hidden]"),
  );
  if (!control) return;
  event.preventDefault();
  control.click();
});
