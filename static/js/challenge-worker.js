// Finds the number whose SHA-256, behind a salt, is the challenge. Browsers offer SHA-256 of their
// own on secure pages only, and one promise a hash; a house without HTTPS has an arena too.
const K = new Uint32Array(64);
const START = new Uint32Array(8);

function constants() {
  let count = 0;
  for (let n = 2; count < 64; n += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) isPrime = false;
    if (!isPrime) continue;
    if (count < 8) START[count] = (Math.sqrt(n) % 1) * 2 ** 32;
    K[count] = (Math.cbrt(n) % 1) * 2 ** 32;
    count += 1;
  }
}

const turn = (x, n) => (x >>> n) | (x << (32 - n));

// One block of 64 bytes, as 16 words in w, into the state.
function mix(state, w) {
  for (let i = 16; i < 64; i += 1) {
    const p = w[i - 15];
    const q = w[i - 2];
    const s0 = turn(p, 7) ^ turn(p, 18) ^ (p >>> 3);
    const s1 = turn(q, 17) ^ turn(q, 19) ^ (q >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const out = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = (state[i] + out[i]) | 0;
}

// The hash's eight words of a text in ASCII.
function sha256(text, state, w) {
  const length = text.length;
  const blocks = ((length + 8) >> 6) + 1;
  state.set(START);
  for (let block = 0; block < blocks; block += 1) {
    for (let i = 0; i < 16; i += 1) {
      let word = 0;
      for (let j = 0; j < 4; j += 1) {
        const at = block * 64 + i * 4 + j;
        const byte = at < length ? text.charCodeAt(at) : at === length ? 0x80 : 0;
        word = (word << 8) | byte;
      }
      w[i] = word;
    }
    if (block === blocks - 1) w[15] = length * 8;
    mix(state, w);
  }
}

export function find({ challenge, maxNumber, salt }) {
  const wanted = Int32Array.from({ length: 8 }, (_, i) => parseInt(challenge.slice(i * 8, i * 8 + 8), 16));
  const state = new Int32Array(8);
  const w = new Int32Array(64);
  for (let number = 0; number <= maxNumber; number += 1) {
    sha256(salt + number, state, w);
    let isFound = true;
    for (let i = 0; i < 8 && isFound; i += 1) isFound = state[i] === wanted[i];
    if (isFound) return number;
  }
  return null;
}

constants();
if (typeof self !== "undefined") {
  self.addEventListener("message", (event) => self.postMessage(find(event.data)));
}
