// [data-dialog-open="id"] opens a <dialog>, [data-dialog-close] closes it, "?" opens #key-help.
const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

const show = (dialog) => {
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[data-dialog-first]")?.focus();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) show(document.getElementById(opener.dataset.dialogOpen));
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog.dialog")) event.target.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  show(document.getElementById("key-help"));
});
