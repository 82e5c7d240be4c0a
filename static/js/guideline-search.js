// [data-guideline-search] hides the clauses that do not hold every word typed.
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const guideline of document.querySelectorAll("[data-guideline]")) {
  const input = guideline.querySelector("[data-guideline-search]");
  const found = guideline.querySelector("[data-guideline-found]");
  const clauses = [...guideline.querySelectorAll("[data-guideline-text] > .clause")];
  const texts = clauses.map((clause) => folded(clause.textContent));
  const entries = new Map([...guideline.querySelectorAll(".toc [data-for]")].map((entry) => [entry.dataset.for, entry]));

  input?.addEventListener("input", () => {
    const words = folded(input.value).split(/\s+/).filter(Boolean);
    let count = 0;
    clauses.forEach((clause, at) => {
      const fits = words.every((word) => texts[at].includes(word));
      clause.hidden = !fits;
      const entry = entries.get(clause.id);
      if (entry) entry.hidden = !fits;
      if (fits) count += 1;
    });
    found.textContent = words.length ? `${count} of ${clauses.length} clauses` : "";
  });
}
