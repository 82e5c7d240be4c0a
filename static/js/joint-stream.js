// Follows the event stream of a turn and tells what comes. The stream goes on by itself after a
// lost connection, from the character where it was.
//
//   const stream = follow(address, {
//     text(a, b) {},          new characters of either side; with one model `b` is empty
//     restart() {},           forget what was shown: a reply begins anew
//     end(state) {},          "complete" or "void"; nothing comes after it
//     trouble(isReconnecting) {},  the connection is away; if not reconnecting, for good
//   });
//   stream.close();
export function follow(address, on) {
  const source = new EventSource(address);
  const stop = (tell) => {
    source.close();
    tell();
  };

  source.addEventListener("frame", (event) => {
    const frame = JSON.parse(event.data);
    on.text(frame.a, frame.b);
  });
  source.addEventListener("restart", () => on.restart());
  source.addEventListener("end", (event) => stop(() => on.end(JSON.parse(event.data).state)));
  source.addEventListener("trouble", () => stop(() => on.trouble(false)));
  source.addEventListener("error", () => on.trouble(source.readyState !== EventSource.CLOSED));
  return { close: () => source.close() };
}
