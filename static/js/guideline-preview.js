// The preview: a short draft whole, a long one by the clause under the cursor. What was rendered is kept.
import { clauseAt } from "./guideline-lines.js";

const WHOLE = 30_000;
const KEPT = 400;

export function previewer({ area, box, said, render }) {
  const kept = new Map();
  let shown = null;
  let wanted = "";

  const remember = (text, html) => {
    kept.set(text, html);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  };

  const reveal = (number) => {
    const clause = number && box.querySelector(`[id="c-${number.split(".").map(Number).join("-")}"]`);
    for (const each of box.querySelectorAll("[data-here]")) delete each.dataset.here;
    if (!clause) return;
    clause.dataset.here = "";
    const top = clause.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (top < 0 || top > box.clientHeight / 2) box.scrollTop += top - 16;
  };

  const put = (text, html, here) => {
    if (shown !== text) {
      box.innerHTML = html; // sanitised by the server's one renderer
      shown = text;
    }
    said.textContent = area.value.length > WHOLE ? "The clause under the cursor" : "";
    reveal(here?.number);
  };

  return async (clauses) => {
    const here = clauseAt(clauses, area.selectionStart);
    const isWhole = area.value.length <= WHOLE;
    const text = isWhole ? area.value : area.value.slice(here?.start ?? 0, here?.end ?? clauses[0]?.start ?? WHOLE);
    wanted = text;
    if (kept.has(text)) {
      put(text, kept.get(text), here);
      return;
    }
    const { html, why } = await render(text);
    if (wanted !== text) return;
    if (html === undefined) {
      said.textContent = why;
      return;
    }
    remember(text, html);
    put(text, html, here);
  };
}
