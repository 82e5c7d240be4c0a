// What the Insert menu writes at the cursor.
import { clauseAt, clausesOf } from "./guideline-lines.js";

// Typed, not set, so that the browser's own undo takes it back.
const type = (area, start, end, words) => {
  area.focus();
  area.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, words)) area.setRangeText(words, start, end, "end");
};

const nextNumber = (clauses, here, isBelow) => {
  const taken = new Set(clauses.map((clause) => clause.number));
  const parts = here ? here.number.split(".").map(Number) : [0];
  if (isBelow && here) parts.push(0);
  do parts[parts.length - 1] += 1;
  while (taken.has(parts.join(".")));
  return parts.join(".");
};

// Behind the clause whose number comes before, and behind all that stands below that one.
const placeFor = (clauses, number) => {
  const parts = number.split(".").map(Number);
  parts[parts.length - 1] -= 1;
  const before = parts.at(-1) ? parts.join(".") : parts.slice(0, -1).join(".");
  return clauses.findLast((clause) => clause.number === before || (parts.at(-1) && clause.number.startsWith(`${before}.`)));
};

const clause = (area, isBelow) => {
  const clauses = clausesOf(area.value);
  const here = clauseAt(clauses, area.selectionStart);
  const number = nextNumber(clauses, here, isBelow);
  const after = placeFor(clauses, number)?.end ?? area.value.length;
  const hashes = "#".repeat(Math.min(6, number.split(".").length + 1));
  const before = area.value.slice(0, after);
  const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const heading = `${lead}${hashes} ${number} `;
  type(area, after, after, `${heading}Title\n\n\n`);
  area.setSelectionRange(after + heading.length, after + heading.length + "Title".length);
};

const example = (area, kind) => {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end);
  const lead = start === 0 || value[start - 1] === "\n" ? "" : "\n\n";
  const body = chosen || "**Prompt:** \n\n**Answer:** \n\n**Why:** ";
  type(area, start, end, `${lead}:::${kind}\n${body}\n:::\n`);
  const first = start + lead.length + `:::${kind}\n`.length + (chosen ? chosen.length : "**Prompt:** ".length);
  area.setSelectionRange(first, first);
};

const tag = (area, name) => {
  const here = clauseAt(clausesOf(area.value), area.selectionStart);
  if (!here) return "Put the cursor into a clause first.";
  const heading = area.value.slice(here.start, here.headingEnd);
  const tags = (here.tags ?? "").split(",").map((each) => each.trim()).filter(Boolean);
  const kept = tags.includes(name) ? tags.filter((each) => each !== name) : [...tags, name];
  const bare = heading.replace(/[ \t]*(?:\{[^{}]*\})?\s*$/, "");
  type(area, here.start, here.headingEnd, kept.length ? `${bare} {${kept.join(", ")}}` : bare);
  return "";
};

// Returns what to tell the writer where nothing could be written.
export function insert(area, { insert: what, tag: name }) {
  if (what === "clause" || what === "below") return clause(area, what === "below") ?? "";
  if (what === "tag") return tag(area, name);
  return example(area, what) ?? "";
}
