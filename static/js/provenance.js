// Who wrote which characters of a text: the same algebra as labeling/drafting/provenance.py. Pure.
//
// Spans are [["person", 12], [517, 40, 3]]: twelve characters of a person's, then forty of generation 517 from its
// fourth on. Characters are code points, so texts are given as arrays of them: characters("…").
export const PERSON = "person";

export const characters = (text) => Array.from(text);
export const persons = (length) => (length ? [[PERSON, length]] : []);
export const drawn = (generation, length, offset = 0) => (length ? [[generation, length, offset]] : []);

const isPersons = ([origin]) => origin === PERSON;
const part = ([origin, , offset], start, end) =>
  origin === PERSON ? [PERSON, end - start] : [origin, end - start, offset + start];
const goesOn = (a, b) => a[0] === b[0] && (isPersons(a) || a[2] + a[1] === b[2]);

export function normalised(spans) {
  const joined = [];
  for (const span of spans) {
    if (!span[1]) continue;
    const last = joined.at(-1);
    if (last && goesOn(last, span)) last[1] += span[1];
    else joined.push([...span]);
  }
  return joined;
}

export const lengthOf = (spans) => spans.reduce((sum, span) => sum + span[1], 0);

export function cut(spans, start, end) {
  const parts = [];
  let at = 0;
  for (const span of spans) {
    const first = Math.max(start - at, 0);
    const last = Math.min(end - at, span[1]);
    if (first < last) parts.push(part(span, first, last));
    at += span[1];
  }
  return normalised(parts);
}

export const replace = (spans, start, end, by) =>
  normalised([...cut(spans, 0, start), ...by, ...cut(spans, end, lengthOf(spans))]);
export const insert = (spans, at, inserted) => replace(spans, at, at, inserted);
export const remove = (spans, start, end) => replace(spans, start, end, []);

// Where two texts differ, as { start, end, inserted }: characters start to end of `before` gave way to as many new
// ones. `caret`, where it is known, is where typing ended in `after`, and settles which of equal characters are new.
export function difference(before, after, caret = null) {
  const shortest = Math.min(before.length, after.length);
  const mostAtEnd = caret === null ? shortest : Math.min(shortest, after.length - caret);
  let end = 0;
  if (caret !== null) {
    while (end < mostAtEnd && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
    if (end < after.length - caret) return difference(before, after);
  }
  let start = 0;
  while (start < shortest - end && before[start] === after[start]) start += 1;
  if (caret === null) {
    while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  }
  return { start, end: before.length - end, inserted: after.length - start - end };
}

export function edited(spans, before, after, caret = null) {
  const { start, end, inserted } = difference(before, after, caret);
  return replace(spans, start, end, persons(inserted));
}

export function shares(spans) {
  const sums = { person: 0, model: 0 };
  for (const span of spans) sums[isPersons(span) ? "person" : "model"] += span[1];
  return sums;
}

// Whole percent of a person; 0 and 100 only where it is none and all.
export function personPercent({ person, model }) {
  if (!model || !person) return model ? 0 : 100;
  return Math.min(99, Math.max(1, roundedHalfToEven((100 * person) / (person + model))));
}

const roundedHalfToEven = (value) => {
  const floor = Math.floor(value);
  const isHalf = value - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(value);
};

export function areTrue(spans, text, drafts) {
  if (lengthOf(spans) !== text.length) return false;
  let at = 0;
  return spans.every((span) => {
    const from = at;
    at += span[1];
    if (span[1] < 1 || isPersons(span)) return span[1] >= 1;
    const draft = drafts.get(span[0]);
    const says = draft?.slice(span[2], span[2] + span[1]) ?? [];
    return says.length === span[1] && says.every((character, k) => character === text[from + k]);
  });
}

// The text in parts, as [origin, text].
export function pieces(spans, text) {
  let at = 0;
  return spans.map((span) => [span[0], text.slice(at, (at += span[1])).join("")]);
}

export const isSpans = (value) =>
  Array.isArray(value) &&
  value.every(
    (span) =>
      Array.isArray(span) &&
      (span[0] === PERSON ? span.length === 2 : Number.isSafeInteger(span[0]) && span.length === 3) &&
      span.slice(1).every((number) => Number.isSafeInteger(number) && number >= 0),
  );
