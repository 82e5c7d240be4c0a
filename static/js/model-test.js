// Shows a test answer while it is written; at its end the page is asked for the rest.
const answer = document.querySelector("[data-stream]");

if (answer) {
  const shown = answer.querySelector("[data-text]");
  const source = new EventSource(answer.dataset.stream);
  let isFirst = true;
  source.addEventListener("text", (event) => {
    const { text, restart } = JSON.parse(event.data);
    // After a lost connection everything comes again from its beginning.
    if (restart || isFirst) shown.textContent = "";
    isFirst = false;
    shown.textContent += text;
  });
  source.addEventListener("error", () => (isFirst = true));
  source.addEventListener("end", async () => {
    source.close();
    const response = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const whole = page.querySelector("[data-answer]");
    if (whole) answer.replaceWith(whole);
  });
}
