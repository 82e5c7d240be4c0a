// Copies: [data-copy="#id"] the value or text of that element, [data-copy-reply] the reply as it was
// written, and a button on every block of code in an answer.
const SAID_MS = 1600;

const text = (button) => {
  if (button.dataset.copy) {
    const element = document.querySelector(button.dataset.copy);
    return element.value ?? element.textContent;
  }
  const answer = button.closest(".answer");
  if (button.matches("[data-copy-reply]")) return answer.querySelector("[data-raw]").content.textContent;
  return button.parentElement.querySelector("pre").textContent;
};

async function copy(button) {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text(button));
  } catch {
    said = "Not copied";
  }
  const before = button.dataset.says ?? button.textContent;
  button.dataset.says = before;
  button.textContent = said;
  setTimeout(() => {
    button.textContent = before;
  }, SAID_MS);
}

// Blocks of code get their button once they are rendered; `root` is a page or a part of one.
export function addCodeButtons(root) {
  for (const code of root.querySelectorAll(".answer .prose pre:not(.plain)")) {
    if (code.parentElement.matches(".copied")) continue;
    const box = document.createElement("div");
    box.className = "copied";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.dataset.copyCode = "";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    code.replaceWith(box);
    box.append(code, button);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-reply], [data-copy-code]");
  if (button) copy(button);
});
addCodeButtons(document);
