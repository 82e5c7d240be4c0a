// Where people pick among drafts, they are asked for as soon as a task is shown. Tagged before the module that shows
// the drawer, so that it hears of the first one.
document.addEventListener(
  "assist:shown",
  ({ target }) => {
    if (target.dataset.draftsFirst === undefined || target.dataset.asked) return;
    target.dataset.asked = "yes";
    const isBegun = target.querySelector("[data-draft-list] > *") || target.querySelector("textarea[name=text]")?.value;
    const button = target.querySelector("[data-draw-drafts]");
    if (!isBegun && button && !button.disabled) button.click();
  },
  true,
);
