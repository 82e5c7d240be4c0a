// post(url, body) sends to our own server and tells a refusal, a lost sign-in and no answer apart.
// The token is read from its cookie, so that signing in again in another tab is enough to go on.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";

export async function post(url, body, { headers = {}, keepalive = false } = {}) {
  const isForm = body instanceof FormData;
  if (isForm) body.delete("csrfmiddlewaretoken");
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body: isForm ? body : JSON.stringify(body ?? {}),
      headers: {
        Accept: "application/json",
        "X-CSRFToken": token(),
        ...(isForm ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      redirect: "manual",
      keepalive,
    });
  } catch {
    return { ok: false, status: 0, answer: {}, isOffline: true };
  }
  const isSignedOut = response.type === "opaqueredirect";
  const answer = isSignedOut ? null : await response.json().catch(() => null);
  return { ok: response.ok && answer !== null, status: response.status, answer: answer ?? {}, isSignedOut };
}
