// links(guideline): a click on a clause's number copies the address of the clause.
import { toast } from "./toast.js";

export function links(guideline) {
  guideline.querySelector("[data-guideline-text]").addEventListener("click", async (event) => {
    const link = event.target.closest("a.clause-number");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const address = new URL(link.hash, location.href.replace(/[?#].*/, ""));
    try {
      await navigator.clipboard.writeText(address.href);
      toast(`The link to clause ${link.textContent} is copied.`, "success");
    } catch {
      // No clipboard here: the address bar has it.
    }
  });
}
