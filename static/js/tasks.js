// The box in the head of the list of tasks chooses all of the page.

const all = document.querySelector("[data-pick-all]");
const picks = [...document.querySelectorAll('input[name="pick"]')];

all?.addEventListener("change", () => {
  for (const pick of picks) pick.checked = all.checked;
});

for (const pick of picks) {
  pick.addEventListener("change", () => {
    const chosen = picks.filter((each) => each.checked).length;
    all.checked = chosen === picks.length;
    all.indeterminate = chosen > 0 && chosen < picks.length;
  });
}
