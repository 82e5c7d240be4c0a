// [data-copy="id"] copies that element's text, or marks it where the browser does not let us.
import { toast } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    toast("Copied.", "success");
  } catch {
    getSelection().selectAllChildren(source);
    toast("Marked; copy it with your keyboard.");
  }
});
