// Follows an export that is still being written, by asking for this page again.
import { toast } from "./toast.js";

const PAUSE_MS = 1500;
const LONGEST_PAUSE_MS = 15000;

async function fresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector("[data-export]");
}

async function look(pause) {
  const now = document.querySelector("[data-export][data-waiting]");
  if (!now) return;
  const next = await fresh().catch(() => null);
  if (next) now.replaceWith(next);
  if (next && !next.hasAttribute("data-waiting")) {
    toast("The export has ended.", "info");
    return;
  }
  const longer = next ? PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
  setTimeout(look, longer, longer);
}

setTimeout(look, PAUSE_MS, PAUSE_MS);
