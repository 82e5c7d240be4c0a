// The keys of a review: A, F and R choose the verdict, J writes the reason, Enter gives it.
// Where the fix is changed, the verdict is to fix.
import { drafting } from "./draft.js";
import { onShown } from "./work.js";

const writing = (target) => target.closest("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
const pressing = (target) => target.closest("button, a, summary");
const numbered = (form, prefix) =>
  [...form.elements]
    .filter((field) => field.name?.startsWith(prefix))
    .sort((one, other) => Number(one.name.slice(prefix.length)) - Number(other.name.slice(prefix.length)));

const tiers = (places) =>
  [...new Set(places.filter(Boolean))]
    .sort((one, other) => one - other)
    .map((place) => places.flatMap((each, at) => (each === place ? [at] : [])));

function fixOf(form) {
  const fix = {};
  for (const name of ["text", "preference", "justification"]) {
    const field = form.elements.namedItem(name);
    if (field) fix[name] = field.value;
  }
  const turns = numbered(form, "turn-");
  if (turns.length) fix.turns = turns.map((field) => ({ content: field.value }));
  const places = numbered(form, "place-");
  if (places.length) {
    fix.tiers = tiers(places.map((field) => Number(field.value)));
    fix.all_bad = form.elements.namedItem("all_bad").checked;
  }
  return fix;
}

drafting("review", {
  serialise: (form) => ({
    verdict: form.elements.namedItem("verdict").value,
    reason: form.elements.namedItem("reason").value,
    fix: fixOf(form),
  }),
  fill: (form, { verdict, reason, fix = {} }) => {
    if (verdict) form.elements.namedItem("verdict").value = verdict;
    form.elements.namedItem("reason").value = reason ?? "";
    for (const name of ["text", "preference", "justification"]) {
      const field = form.elements.namedItem(name);
      if (field && fix[name]) field.value = fix[name];
    }
    numbered(form, "turn-").forEach((field, at) => (field.value = fix.turns?.[at]?.content ?? field.value));
    numbered(form, "place-").forEach((field, at) => {
      const place = (fix.tiers ?? []).findIndex((tier) => tier.includes(at));
      if (place >= 0) field.value = String(place + 1);
    });
    const allBad = form.elements.namedItem("all_bad");
    if (allBad) allBad.checked = Boolean(fix.all_bad);
  },
});

onShown((root, gone) => {
  const form = root.querySelector("#task-form");
  const reason = form?.elements.namedItem("reason");
  if (!reason) return;

  const choose = (radio) => {
    radio.checked = true;
    radio.dispatchEvent(new Event("input", { bubbles: true }));
    radio.focus({ preventScroll: true, focusVisible: true });
    if (radio.value === "return" && !reason.value) reason.focus();
    if (radio.value === "fix") form.querySelector(".fix-editor textarea, .fix-editor select")?.focus();
  };

  const pressed = (event) => {
    if (event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
    if (event.key === "Enter") {
      const wants = event.ctrlKey || event.metaKey || (isPlain && !writing(event.target) && !pressing(event.target));
      if (!wants) return;
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (!isPlain || writing(event.target)) return;
    const radio = form.querySelector(`[data-verdict="${CSS.escape(event.key.toLowerCase())}"]`);
    if (radio) {
      event.preventDefault();
      choose(radio);
    } else if (event.key === "j") {
      event.preventDefault();
      reason.focus();
    }
  };

  // Before keys.js, whose F would flag the task.
  document.addEventListener("keydown", pressed, { signal: gone, capture: true });
  form.addEventListener("change", (event) => {
    const fix = form.querySelector('[name="verdict"][value="fix"]');
    if (fix && event.target.closest(".fix-editor, .scale")) fix.checked = true;
  });
});
