// A new export: what it comes to and how its rows look follow the form. The form is sent as it is
// and the parts of the answer that live with it are swapped in; a newer change gives up the older.
const WAIT_MS = 450;
const form = document.querySelector("[data-export-form]");
let timer = 0;
let asking = null;

const part = (root, name) => root.querySelector(`[data-live="${name}"]`);
const chosen = (name) => form.querySelector(`[name=${name}]:checked`)?.value;
let drawnKind = form && chosen("kind");
let drawnFormat = form && chosen("format");
let drawnSource = form && chosen("source");

async function count() {
  asking?.abort();
  asking = new AbortController();
  for (const name of ["count", "preview"]) part(form, name).setAttribute("aria-busy", "true");
  const sent = new FormData(form);
  sent.set("action", "count");
  const kind = chosen("kind");
  const format = chosen("format");
  const source = chosen("source");
  try {
    const page = await answer(sent, asking.signal);
    // What belongs to a kind is drawn anew with it; else what is being filled in stays untouched.
    const names = kind === drawnKind ? ["types"] : ["formats", "mapping"];
    if (kind === drawnKind && format !== drawnFormat) names.push("mapping");
    // Filters are those of the kind and of what it is taken from.
    if (kind !== drawnKind || source !== drawnSource) names.push("selection");
    for (const name of [...names, "count", "preview"]) swap(name, page);
    drawnKind = kind;
    drawnFormat = chosen("format");
    drawnSource = chosen("source");
  } catch (error) {
    if (error.name === "AbortError") return;
    part(form, "count").querySelector("[data-trouble]")?.removeAttribute("hidden");
  }
  for (const name of ["count", "preview"]) part(form, name).removeAttribute("aria-busy");
}

async function answer(sent, signal) {
  const response = await fetch(location.href, { method: "POST", body: sent, signal });
  if (response.redirected || response.status >= 500) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function swap(name, page) {
  const now = part(form, name);
  const next = part(page, name);
  if (!now || !next) return;
  const held = now.contains(document.activeElement) ? document.activeElement : null;
  now.replaceChildren(...next.childNodes);
  if (!held) return;
  const same = [...now.querySelectorAll("input, button, summary")].find(
    (each) => each.name === held.name && each.value === held.value,
  );
  same?.focus({ preventScroll: true });
}

function say(box) {
  const number = box.querySelectorAll(":checked").length;
  box.querySelector("[data-ticks-said]").textContent = number ? `${number} chosen` : box.dataset.nothing;
}

function later(event) {
  const { name } = event.target;
  const ticks = event.target.closest("[data-ticks]");
  if (ticks) say(ticks);
  if (["name", "every", "weekday", "hour"].includes(name)) return;
  clearTimeout(timer);
  timer = setTimeout(count, WAIT_MS);
}

if (form) {
  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    asking?.abort();
  });
  if (!form.querySelector("[data-counted]")) count();
}
