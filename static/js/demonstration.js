// The editor of a demonstration: write and preview, counting words, Ctrl+Enter submits.
import { post } from "./posting.js";
import { onShown } from "./work.js";

onShown((root, gone) => {
  const form = root.querySelector("#task-form");
  const text = form.elements.namedItem("text");
  const preview = form.querySelector("[data-preview]");
  const count = form.querySelector("[data-count]");
  const [writing, reading] = form.querySelectorAll("[role=tab]");
  const pane = form.querySelector("#pane-write");

  const tell = () => {
    const words = text.value.trim().split(/\s+/u).filter(Boolean).length;
    count.textContent = `${words} ${words === 1 ? "word" : "words"}`;
  };

  const choose = (tab) => {
    for (const each of [writing, reading]) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
    }
    pane.hidden = tab !== writing;
    preview.hidden = tab !== reading;
  };

  const show = async () => {
    choose(reading);
    preview.textContent = "Rendering …";
    const body = new FormData();
    body.set("text", text.value);
    const { ok, answer } = await post(form.dataset.previewUrl, body);
    if (!ok) preview.textContent = answer.detail ?? "The preview needs the server, which did not answer.";
    else if (answer.html) preview.innerHTML = answer.html; // sanitised by the server's one renderer
    else preview.textContent = "Nothing written yet.";
  };

  writing.addEventListener("click", () => {
    choose(writing);
    text.focus();
  });
  reading.addEventListener("click", show);
  writing.parentElement.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = event.target === writing ? reading : writing;
    other.focus();
    other.click();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      event.preventDefault();
      form.requestSubmit();
    },
    { signal: gone },
  );
  text.addEventListener("input", tell);
  form.addEventListener("draft:restored", tell);
  choose(writing);
  tell();
});
