// clausesOf(text): where the clauses of a guideline begin, read as the server reads them.
const HEADING = /^#{1,6}[ \t]+([0-9]{1,3}(?:\.[0-9]{1,3}){0,5})\.?[ \t]+([^{}]*[^{}\s])[ \t]*(?:\{([^{}]*)\})?\s*$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const LONGEST_HEADING = 1000;

export function clausesOf(text) {
  const found = [];
  let start = 0;
  let line = 0;
  let fence = "";
  while (start <= text.length) {
    const stop = text.indexOf("\n", start);
    const end = stop < 0 ? text.length : stop;
    line += 1;
    const sign = text[start];
    if (sign === "`" || sign === "~" || sign === " ") {
      const opened = FENCE.exec(text.slice(start, Math.min(end, start + 200)));
      if (opened && !fence) fence = opened[1];
      else if (opened && opened[1].startsWith(fence) && !opened[2].trim()) fence = "";
    } else if (sign === "#" && !fence && end - start <= LONGEST_HEADING) {
      const heading = HEADING.exec(text.slice(start, end));
      if (heading) {
        found.at(-1) && (found.at(-1).end = start);
        found.push({ line, start, headingEnd: end, end: text.length, number: heading[1], title: heading[2], tags: heading[3] ?? null });
      }
    }
    start = end + 1;
  }
  return found;
}

// The clause that holds a place in the text; undefined before the first one.
export function clauseAt(clauses, place) {
  let low = 0;
  let high = clauses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clauses[middle].start <= place) low = middle + 1;
    else high = middle;
  }
  return clauses[low - 1];
}

export function startOfLine(text, line) {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    const stop = text.indexOf("\n", start);
    if (stop < 0) return text.length;
    start = stop + 1;
  }
  return start;
}
