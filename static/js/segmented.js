// The preference scale: 1-7, 0 and X choose from anywhere on the page except while writing.
// Choosing by key fires the same "change" event as a click.
const writing = (target) =>
  target.closest("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=submit])");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (writing(event.target) || document.querySelector("dialog[open]")) return;
  const key = CSS.escape(event.key.toLowerCase());
  const radio = document.querySelector(`[data-segmented]:enabled input[data-key="${key}"]`);
  if (!radio) return;
  event.preventDefault();
  radio.focus({ preventScroll: true, focusVisible: true });
  radio.click();
});
