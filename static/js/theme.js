// Runs in the head, before the first paint, so that neither colours nor panels jump.
(() => {
  const root = document.documentElement;
  const names = { auto: "automatic", light: "light", dark: "dark" };
  const order = ["auto", "light", "dark"];

  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };

  const stored = read("theme");
  root.dataset.js = "";
  root.dataset.theme = order.includes(stored) ? stored : "auto";
  root.dataset.panel = read("panel") === "closed" ? "closed" : "open";

  const name = (toggle) => {
    const text = `Colour theme: ${names[root.dataset.theme]}`;
    toggle.setAttribute("aria-label", text);
    toggle.title = text;
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
      name(toggle);
      toggle.addEventListener("click", () => {
        const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
        root.dataset.theme = next;
        try {
          localStorage.setItem("theme", next);
        } catch {
          // Storage is off: the choice lasts for this page.
        }
        document.querySelectorAll("[data-theme-toggle]").forEach(name);
      });
    }
  });
})();
