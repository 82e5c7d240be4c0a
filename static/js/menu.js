// Small things of every page: menus, and rows of tabs.
// <details data-menu>: one open at a time, closed by Escape, by a click elsewhere, by leaving it.
const menus = () => document.querySelectorAll("details[data-menu][open]");

const closeExcept = (kept) => {
  for (const menu of menus()) {
    if (menu !== kept) menu.open = false;
  }
};

document.addEventListener("click", (event) => closeExcept(event.target.closest("details[data-menu]")));

document.addEventListener("focusin", (event) => closeExcept(event.target.closest("details[data-menu]")));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A row of tabs that is swiped begins at the page one is on.
for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}
