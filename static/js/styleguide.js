// The exhibits' forms go nowhere; submitting one shows the toast.
import { toast } from "./toast.js";

document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog" || event.target.action.endsWith("/logout/")) return;
  event.preventDefault();
  toast("Nothing was sent: this is the style page", "success");
});
