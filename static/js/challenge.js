// The short calculation that a form with [data-challenge] asks for before it is sent. It begins
// when somebody begins to write, in a worker, so that it is mostly done by the time they send.
const STALE_MS = 15 * 60 * 1000;

function solve(challenge) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./challenge-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", (event) => {
      worker.terminate();
      if (event.data === null) reject(new Error("no number solves it"));
      else resolve(event.data);
    });
    worker.addEventListener("error", () => {
      worker.terminate();
      reject(new Error("the worker failed"));
    });
    worker.postMessage(challenge);
  });
}

async function prove(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  const { algorithm, challenge, maxNumber, salt, signature } = await response.json();
  const number = await solve({ challenge, maxNumber, salt });
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
}

function watch(box) {
  const form = box.closest("form");
  const status = box.querySelector("[data-challenge-status]");
  const field = box.querySelector("[name=proof]");
  let begun = null;
  let begunAt = 0;

  const begin = () => {
    if (begun && Date.now() - begunAt < STALE_MS) return begun;
    begunAt = Date.now();
    begun = prove(box.dataset.challenge);
    // Whoever waits for it is told; a failure nobody waits for must not be an error of the page.
    begun.catch(() => {
      begun = null;
    });
    return begun;
  };

  form.addEventListener("input", begin, { once: true });
  form.addEventListener(
    "submit",
    async (event) => {
      if (field.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      status.textContent = "A short calculation, then it is sent…";
      try {
        field.value = await begin();
        status.textContent = "";
        // Done before it was asked for, it comes while the form is still being sent, and a form
        // that is being sent ignores that it should be.
        setTimeout(() => form.requestSubmit(submitter));
      } catch {
        status.textContent = "The calculation did not work out. Please try again.";
      }
    },
    { capture: true },
  );
  window.addEventListener("pageshow", (event) => {
    // A proof is good for one battle: whoever comes back needs another.
    if (event.persisted) {
      field.value = "";
      begun = null;
    }
  });
}

for (const box of document.querySelectorAll("[data-challenge]")) watch(box);
