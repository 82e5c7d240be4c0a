// Keeps for every character of a text field whether a person wrote it or which draft it was taken from: through
// typing, undo and redo, moving text about, and whatever is put in from a draft.
//
// track(area, spans) begins with an account of what stands there; spansOf(area) is the account as it is now.
// putIn(area, text, spans, all) writes at the caret, or in place of everything, so that it can be undone.
import { PERSON, characters, cut, difference, drawn, isSpans, lengthOf, persons, replace } from "./provenance.js";

const MOST_STATES = 500;
const MOST_CHARACTERS = 4_000_000;

const tracked = new WeakMap();
let carried = null; // what was copied or is dragged, with its spans

const at = (text, index) => characters(text.slice(0, index)).length;
const hasModel = (spans) => spans.some(([origin]) => origin !== PERSON);
const plain = (text) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");

// The browser's own undo brings texts back; where each stood is looked up in what was before and after.
class Past {
  constructor(state) {
    this.states = [state];
    this.here = 0;
    this.size = state.text.length;
  }

  get now() {
    return this.states[this.here];
  }

  add(state) {
    for (const dropped of this.states.splice(this.here + 1)) this.size -= dropped.text.length;
    this.states.push(state);
    this.size += state.text.length;
    while (this.states.length > 1 && (this.states.length > MOST_STATES || this.size > MOST_CHARACTERS)) {
      this.size -= this.states.shift().text.length;
    }
    this.here = this.states.length - 1;
  }

  goTo(text, step) {
    for (let k = this.here + step; k >= 0 && k < this.states.length; k += step) {
      if (this.states[k].text !== text) continue;
      this.here = k;
      return true;
    }
    return false;
  }
}

const same = (a, b, count) => {
  for (let k = 0; k < count; k += 1) if (a[k] !== b[k]) return false;
  return true;
};

// Whether `after` is `before` with this part of it replaced and nothing else.
const isReplaced = (before, after, start, end) => {
  const tail = before.length - end;
  if (after.length < start + tail || !same(before, after, start)) return false;
  return same(before.slice(end), after.slice(after.length - tail), tail);
};

class Tracker {
  constructor(area) {
    this.area = area;
    this.marked = null;
    this.coming = null;
    this.reset([]);
    area.addEventListener("beforeinput", () => this.mark());
    area.addEventListener("input", (event) => this.changed(event.inputType ?? ""));
    area.addEventListener("copy", () => this.carry());
    area.addEventListener("cut", () => this.carry());
    area.addEventListener("dragstart", () => this.carry());
    area.addEventListener("paste", (event) => this.pasted(event));
  }

  reset(spans) {
    const text = this.area.value;
    const length = characters(text).length;
    const holds = isSpans(spans) && lengthOf(spans) === length;
    this.past = new Past({ text, spans: holds ? spans : persons(length) });
  }

  get spans() {
    if (this.area.value !== this.past.now.text) this.changed("");
    return this.past.now.spans;
  }

  selection() {
    const { value, selectionStart, selectionEnd } = this.area;
    return { start: at(value, selectionStart), end: at(value, selectionEnd) };
  }

  mark() {
    this.marked = this.selection();
  }

  changed(kind) {
    const { text: earlier, spans } = this.past.now;
    const text = this.area.value;
    const marked = this.marked;
    this.marked = null;
    if (text === earlier) return;
    if (kind === "historyUndo" && this.past.goTo(text, -1)) return;
    if (kind === "historyRedo" && this.past.goTo(text, 1)) return;
    const before = characters(earlier);
    const after = characters(text);
    const { start, end, inserted } = this.found(before, after, kind, this.coming ?? marked);
    const new_ = after.slice(start, start + inserted).join("");
    this.past.add({ text, spans: replace(spans, start, end, this.writer(new_, inserted, kind)) });
  }

  // Where it is known what was selected, that is what gave way: also where something equal was written over it.
  found(before, after, kind, marked) {
    const isInsertion = this.coming !== null || kind.startsWith("insert");
    if (isInsertion && marked && isReplaced(before, after, marked.start, marked.end)) {
      const inserted = after.length - before.length + marked.end - marked.start;
      return { start: marked.start, end: marked.end, inserted };
    }
    const { value, selectionStart, selectionEnd } = this.area;
    const caret = selectionStart === selectionEnd ? at(value, selectionEnd) : null;
    return difference(before, after, caret);
  }

  writer(text, length, kind) {
    const brought = this.coming ?? (kind === "insertFromDrop" ? carried : null);
    if (brought && text && brought.text.startsWith(text)) return cut(brought.spans, 0, length);
    return persons(length);
  }

  carry() {
    const { value, selectionStart, selectionEnd } = this.area;
    const { start, end } = this.selection();
    carried = { text: value.slice(selectionStart, selectionEnd), spans: cut(this.spans, start, end) };
  }

  // What was copied from a draft, or from a draft's part of the answer, is still that draft's.
  pasted(event) {
    const text = plain(event.clipboardData?.getData("text") ?? "");
    if (!carried || !text || text !== carried.text || !hasModel(carried.spans)) return;
    event.preventDefault();
    event.stopPropagation();
    this.putIn(carried.text, carried.spans, false);
  }

  putIn(text, spans, all) {
    const { area } = this;
    area.focus();
    if (all) area.select();
    this.coming = { text, spans, ...this.selection() };
    // Said to whoever counts how text came in: this is neither typed nor pasted.
    area.dataset.drafted = "";
    try {
      // The one way that keeps the browser's undo.
      const isDone = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
      if (!isDone) {
        area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
        area.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
      }
    } finally {
      delete area.dataset.drafted;
      this.coming = null;
    }
  }
}

export function track(area, spans) {
  if (!tracked.has(area)) tracked.set(area, new Tracker(area));
  tracked.get(area).reset(spans ?? []);
}

export const spansOf = (area) => tracked.get(area)?.spans ?? persons(characters(area.value).length);

export function putIn(area, text, spans, all = false) {
  tracked.get(area).putIn(text, spans, all);
}

// A draft's own text: what is copied of it is known to be from there.
export function follows(area, generation) {
  for (const kind of ["copy", "cut", "dragstart"]) {
    area.addEventListener(kind, () => (carried = selectedOf(area, generation)));
  }
}

// What is selected in a draft, or all of it.
export function selectedOf(area, generation, { whole = false } = {}) {
  const { value, selectionStart, selectionEnd } = area;
  const [from, to] = whole ? [0, value.length] : [selectionStart, selectionEnd];
  const text = value.slice(from, to);
  return { text, spans: drawn(generation, characters(text).length, at(value, from)) };
}
