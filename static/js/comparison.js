// A comparison: the draft's shape, criteria, both answers scrolled together, tabs on a phone.
import { drafting } from "./draft.js";
import { justifying, sameKeys, stillToDo } from "./judging.js";
import { onShown } from "./work.js";

const SIDES = ["a", "b"];

// Kept from task to task: who scrolls both together wants it again.
let isTogether = true;

const marked = (form) => {
  const marks = {};
  for (const [name, value] of new FormData(form)) {
    const [head, key, side] = name.split(".");
    if (head !== "marks") continue;
    if (!side) marks[key] = value;
    else (marks[key] ??= [null, null])[SIDES.indexOf(side)] = Number(value);
  }
  return marks;
};

const raised = (form, side) => new FormData(form).getAll(`flags.${side}`);

const check = (form, name, values) => {
  for (const input of form.querySelectorAll(`input[name="${CSS.escape(name)}"]`)) {
    input.checked = values.includes(input.value);
  }
};

drafting("comparison", {
  serialise: (form) => ({
    preference: form.elements.namedItem("preference")?.value ?? "",
    justification: form.elements.namedItem("justification").value,
    marks: marked(form),
    flags: Object.fromEntries(SIDES.map((side) => [side, raised(form, side)])),
  }),
  fill: (form, { preference, justification, marks = {}, flags = {} }) => {
    if (preference) check(form, "preference", [preference]);
    if (justification !== undefined) form.elements.namedItem("justification").value = justification;
    for (const [key, mark] of Object.entries(marks)) {
      if (Array.isArray(mark)) SIDES.forEach((side, at) => check(form, `marks.${key}.${side}`, [String(mark[at])]));
      else check(form, `marks.${key}`, [mark]);
    }
    for (const side of SIDES) check(form, `flags.${side}`, flags[side] ?? []);
  },
});

// Each pane keeps its share of the way, so that answers of different lengths end together.
function scrollTogether(root) {
  const panes = [...root.querySelectorAll("[data-answer]")];
  const toggle = root.querySelector("[data-scroll-together]");
  const isLong = (pane) => pane.scrollHeight > pane.clientHeight + 8;
  if (panes.length < 2 || !toggle) return;
  const expected = new WeakMap();

  const tell = () => {
    toggle.hidden = !panes.every(isLong);
    toggle.setAttribute("aria-pressed", String(isTogether));
  };

  const follow = (from, to) => {
    // What we scrolled ourselves is not followed back.
    if (Math.abs((expected.get(from) ?? -9) - from.scrollTop) < 2) return expected.delete(from);
    if (!isTogether || toggle.hidden) return false;
    const share = from.scrollTop / (from.scrollHeight - from.clientHeight);
    const top = Math.round(share * (to.scrollHeight - to.clientHeight));
    if (Math.abs(to.scrollTop - top) < 2) return false;
    expected.set(to, top);
    to.scrollTop = top;
    return true;
  };

  panes.forEach((pane, at) => pane.addEventListener("scroll", () => follow(pane, panes[1 - at]), { passive: true }));
  toggle.addEventListener("click", () => {
    isTogether = !isTogether;
    tell();
    if (isTogether) follow(panes[0], panes[1]);
  });
  const watcher = new ResizeObserver(tell);
  for (const pane of panes) watcher.observe(pane);
  for (const view of root.querySelectorAll("[data-view-toggle]")) view.addEventListener("click", tell);
  tell();
}

function tabs(root) {
  const region = root.querySelector("[data-judged]");
  const buttons = [...root.querySelectorAll("[data-show-side]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      region.dataset.shown = button.dataset.showSide;
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
    });
  }
}

const firstUnmarked = (root) => {
  for (const criterion of root.querySelectorAll("[data-criterion][data-required]")) {
    const group = [...criterion.querySelectorAll("[data-group]")].find((each) => !each.querySelector(":checked"));
    if (group) return { name: criterion.dataset.name, field: group.querySelector("input") };
  }
  return null;
};

// How many criteria are marked, and the way to the first that is not.
function criteria(root, form) {
  const button = root.querySelector("[data-go-criteria]");
  if (!button) return;
  const groups = [...root.querySelectorAll("[data-criterion] [data-group]")];
  const tell = () => {
    const marked = groups.filter((group) => group.querySelector(":checked")).length;
    button.querySelector("[data-marked]").textContent = `${marked} of ${groups.length}`;
  };
  button.addEventListener("click", () => {
    const unmarked = groups.find((group) => !group.querySelector(":checked")) ?? groups[0];
    (unmarked.querySelector(":checked") ?? unmarked.querySelector("input")).focus({ focusVisible: true });
  });
  form.addEventListener("change", tell);
  form.addEventListener("draft:restored", tell);
  tell();
}

onShown((root, gone) => {
  const form = root.querySelector("form[data-judging]");
  if (!form || root.dataset.kind !== "comparison") return;
  const choice = () => form.elements.namedItem("preference")?.value ?? "";
  const ends = form.querySelector(".scale-track.simple") ? [] : ["-3", "3"];
  const kind = () => (choice() === "both_bad" ? "bad" : ends.includes(choice()) ? "strong" : "");
  const justification = justifying(root, kind);
  const submit = () => form.requestSubmit();

  const isComplete = () => {
    if (choice() === "cannot_judge") return true;
    const unmarked = firstUnmarked(root);
    if (unmarked) stillToDo(root, `Still to mark: ${unmarked.name}.`, unmarked.field);
    else if (justification.isMissing()) stillToDo(root, "", justification.field);
    return !unmarked && !justification.isMissing();
  };

  form.addEventListener("submit", (event) => {
    if (!isComplete()) event.preventDefault();
  });
  // Confirming a model's proposal is choosing what it says; criteria and justification are asked for as ever.
  const confirm = form.querySelector("[data-confirm]");
  confirm?.addEventListener("click", () => {
    check(form, "preference", [confirm.dataset.confirm]);
    form.dispatchEvent(new Event("change", { bubbles: true }));
    submit();
  });
  criteria(root, form);
  sameKeys(root, gone, { submit });
  scrollTogether(root);
  tabs(root);
});
