// The guideline beside a task: a column that stays as it was left, a drawer on narrow screens.
// Nothing is held on to: a task page swaps its content.
const root = document.documentElement;
const narrow = matchMedia("(width < 64rem)");
const panel = () => document.querySelector("[data-panel-body]");
const outside = () => [...document.querySelectorAll("[data-panel-toggle]")].find((each) => !panel().contains(each));

const isOpen = () => (narrow.matches ? root.dataset.drawer === "open" : root.dataset.panel !== "closed");

const tell = () => {
  for (const toggle of document.querySelectorAll("[data-panel-toggle]")) toggle.setAttribute("aria-expanded", String(isOpen()));
  if (isOpen()) document.dispatchEvent(new CustomEvent("panel:opened"));
};

const set = (open) => {
  const inside = panel().contains(document.activeElement);
  if (narrow.matches) {
    root.dataset.drawer = open ? "open" : "closed";
    if (open) panel().querySelector("[data-panel-toggle]")?.focus();
  } else {
    root.dataset.panel = open ? "open" : "closed";
    try {
      localStorage.setItem("panel", root.dataset.panel);
    } catch {
      // Storage is off: the choice lasts for this page.
    }
  }
  if (!open && (inside || !narrow.matches)) outside()?.focus();
  tell();
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-toggle]") && panel()) set(!isOpen());
});
narrow.addEventListener("change", tell);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && narrow.matches && panel() && isOpen()) set(false);
});
document.addEventListener("pointerdown", (event) => {
  if (!narrow.matches || !panel() || !isOpen() || panel().contains(event.target)) return;
  // The button that opened it closes it by itself.
  if (!event.target.closest("[data-panel-toggle]")) set(false);
});
document.addEventListener("work:shown", tell);
if (panel()) tell();
