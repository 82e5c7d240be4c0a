// toast("Saved", "success") says something short in the page's live region.
const SHOWN_MS = 5000;

export function toast(text, tone = "info") {
  const region = document.querySelector("[data-toasts]");
  if (!region) return;
  const note = document.createElement("p");
  note.className = `toast ${tone}`;
  note.textContent = text;
  region.append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}
