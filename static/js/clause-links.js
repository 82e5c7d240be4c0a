// A link to a clause on a task page shows it in the guideline beside the task, so that nobody loses their place.
const goTo = (panel, link) => {
  const anchor = decodeURIComponent(link.hash.slice(1));
  const clause = panel.querySelector(`[data-guideline-text] [id="${CSS.escape(anchor)}"]`);
  if (!clause) {
    window.open(link.href, "_blank", "noopener");
    return;
  }
  clause.tabIndex = -1;
  clause.scrollIntoView({ block: "start" });
  clause.focus({ preventScroll: true });
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-work] a[href*='#c-']");
  const panel = document.querySelector("[data-work] .guideline-aside");
  if (!link || !panel || panel.contains(link) || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const toggle = [...document.querySelectorAll("[data-panel-toggle]")].find((each) => !panel.contains(each));
  const show = () => goTo(panel, link);
  if (!panel.hasAttribute("data-shown")) panel.addEventListener("guideline:shown", show, { once: true });
  if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
  if (panel.hasAttribute("data-shown")) show();
});
