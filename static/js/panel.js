// The guideline beside a task: a column that stays as it was left, a drawer on narrow screens.
const root = document.documentElement;
const narrow = matchMedia("(width < 64rem)");
const toggles = document.querySelectorAll("[data-panel-toggle]");
const panel = document.querySelector("[data-panel-body]");

const isOpen = () => (narrow.matches ? root.dataset.drawer === "open" : root.dataset.panel !== "closed");

const tell = () => {
  for (const toggle of toggles) toggle.setAttribute("aria-expanded", String(isOpen()));
};

const set = (open) => {
  if (narrow.matches) {
    root.dataset.drawer = open ? "open" : "closed";
    const inside = panel.contains(document.activeElement);
    if (open) panel.querySelector("[data-panel-toggle]")?.focus();
    else if (inside) document.querySelector("[data-panel-toggle]")?.focus();
  } else {
    root.dataset.panel = open ? "open" : "closed";
    try {
      localStorage.setItem("panel", root.dataset.panel);
    } catch {
      // Storage is off: the choice lasts for this page.
    }
    if (!open) document.querySelector("[data-panel-toggle]")?.focus();
  }
  tell();
};

if (panel) {
  for (const toggle of toggles) toggle.addEventListener("click", () => set(!isOpen()));
  narrow.addEventListener("change", tell);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && narrow.matches && isOpen()) set(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (narrow.matches && isOpen() && !panel.contains(event.target)) set(false);
  });
  tell();
}
