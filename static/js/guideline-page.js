// The guideline on its own page. Afterwards "guideline:shown" tells others that its clauses are there.
import { contents } from "./guideline-contents.js";
import { links } from "./guideline-links.js";
import { search } from "./guideline-search.js";
import { tags } from "./guideline-tags.js";

const guideline = document.querySelector("[data-guideline-page]");

if (guideline) {
  const isNarrow = matchMedia("(width < 60rem)");
  // On a narrow screen the text comes first, and the contents are one touch away.
  if (isNarrow.matches) for (const each of guideline.querySelectorAll("details.contents")) each.open = false;
  contents(guideline);
  tags(guideline);
  links(guideline);
  search(guideline, (clause) => {
    history.replaceState(null, "", `#${clause.id}`);
    location.hash = clause.id;
    clause.scrollIntoView({ block: "start" });
  });
  guideline.dataset.shown = "";
  guideline.dispatchEvent(new CustomEvent("guideline:shown", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  guideline?.querySelector("[data-guideline-search]").focus();
});
