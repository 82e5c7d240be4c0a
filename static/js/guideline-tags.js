// tags(guideline): only the clauses that carry one of the pressed tags.
export function tags(guideline) {
  const box = guideline.querySelector("[data-guideline-tags]");
  if (!box) return;
  const said = guideline.querySelector("[data-guideline-found]");
  const text = guideline.querySelector("[data-guideline-text]");
  const clauses = [...text.querySelectorAll(":scope > .clause")];
  const entries = [...guideline.querySelectorAll(".toc li[data-for]")];
  const carried = new Map(entries.map((entry) => [entry.dataset.for, entry.dataset.tags.split(" ")]));

  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tag]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    const pressed = [...box.querySelectorAll("[aria-pressed=true]")].map((each) => each.dataset.tag);
    const fits = (anchor) => !pressed.length || pressed.some((tag) => carried.get(anchor)?.includes(tag));
    let count = 0;
    for (const clause of clauses) {
      clause.hidden = !fits(clause.id);
      if (!clause.hidden) count += 1;
    }
    // Backwards, so that what stands below an entry is decided before the entry itself.
    for (const entry of entries.toReversed()) {
      entry.hidden = !fits(entry.dataset.for) && !entry.querySelector("li:not([hidden])");
    }
    said.textContent = pressed.length ? `${count} of ${clauses.length} clauses` : "";
  });
}
