// A new batch: what it comes to follows the form, so that nobody has to ask for it.
const WAIT_MS = 500;
const form = document.querySelector("[data-batch-form]");
let timer = 0;
let asked = 0;

const isReady = () => form.querySelector("[name=models]:checked") && form.samples.value;

async function estimate() {
  if (!isReady()) return;
  const number = ++asked;
  const shown = form.querySelector("[data-estimate]");
  shown.setAttribute("aria-busy", "true");
  const sent = new FormData(form);
  sent.delete("seen");
  sent.set("action", "estimate");
  // Its name may come last; the estimate does not hang on it.
  if (!sent.get("name")) sent.set("name", "–");
  const page = await answer(sent).catch(() => null);
  if (number !== asked) return;
  shown.removeAttribute("aria-busy");
  const next = page?.querySelector("[data-estimate]");
  if (next) shown.replaceChildren(...next.childNodes);
}

async function answer(sent) {
  // Not `form.action`, which is the button of that name.
  const response = await fetch(location.href, { method: "POST", body: sent });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function later(event) {
  if (event.target.name === "name") return;
  clearTimeout(timer);
  timer = setTimeout(estimate, WAIT_MS);
}

if (form) {
  form.addEventListener("input", later);
  form.addEventListener("submit", () => clearTimeout(timer));
  estimate();
}
