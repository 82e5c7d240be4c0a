// [data-key="x"] on a button or link: pressing x clicks it, except while writing or in a dialog.
const writing = (target) => target.closest("textarea, select, [contenteditable], input");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (writing(event.target) || document.querySelector("dialog[open]")) return;
  const key = CSS.escape(event.key.toLowerCase());
  const control = document.querySelector(`:is(button:enabled, a)[data-key="${key}"]`);
  if (!control || control.closest("[hidden]")) return;
  event.preventDefault();
  control.click();
});
