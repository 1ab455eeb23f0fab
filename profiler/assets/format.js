// Words and colours: how times, bytes and counts are written, and which colour a group has.
// All times in data are nanoseconds since the run's start, all sizes bytes; both are whole numbers.

/** Nanoseconds as a reader wants them: `1.25 s`, `340 ms`, `12.0 us`. */
export function time(ns) {
  if (ns === null || ns === undefined) return "";
  const size = Math.abs(ns);
  if (size === 0) return "0 s";
  if (size >= 3600e9) return `${Math.floor(ns / 3600e9)} h ${Math.round((ns % 3600e9) / 60e9)} min`;
  if (size >= 120e9) return `${Math.floor(ns / 60e9)} min ${Math.round((ns % 60e9) / 1e9)} s`;
  if (size >= 1e9) return `${digits(ns / 1e9)} s`;
  if (size >= 1e6) return `${digits(ns / 1e6)} ms`;
  if (size >= 1e3) return `${digits(ns / 1e3)} \u00b5s`;
  return `${Math.round(ns)} ns`;
}

/** Bytes with binary units. */
export function bytes(n) {
  if (n === null || n === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (Math.abs(n) >= 1024 && unit < units.length - 1) { n /= 1024; unit += 1; }
  return unit === 0 ? `${Math.round(n)} B` : `${digits(n)} ${units[unit]}`;
}

/** Bytes a second. */
export function rate(n) { return n === null || n === undefined ? "" : `${bytes(n)}/s`; }

/** A whole number with thin spaces between thousands. */
export function count(n) {
  if (n === null || n === undefined) return "";
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
}

/** A share as a percentage. */
export function percent(share) { return `${digits(share * 100)} %`; }

/** Three figures that matter. */
export function digits(n) {
  const size = Math.abs(n);
  return n.toFixed(size >= 100 || n === 0 ? 0 : size >= 10 ? 1 : 2);
}

/** The words for states, as the records have them, in the order of `counts` in data. */
export const STATES = ["released", "waiting", "queued", "no-worker", "processing", "memory", "erred", "forgotten"];

/** Whether the reader's system is dark. */
export function isDark() { return matchMedia("(prefers-color-scheme: dark)").matches; }

/** Calls back when the reader's system turns light or dark. */
export function onTheme(redraw) { matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw); }

/** The value of a variable of the style sheet, such as `--ink`. */
export function styled(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

// Hues around red are left to failures. Neighbours differ in hue and in lightness.
const HUES = [215, 32, 145, 272, 50, 188, 322, 88], SLOTS = new Map();

/** The colour of a group as [red, green, blue]: the same for the same name on a page, and no two are alike while groups are few. */
export function groupColour(name) {
  let slot = SLOTS.get(name);
  if (slot === undefined) {
    let hash = 2166136261;
    for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
    slot = (Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0) % (3 * HUES.length);
    const taken = new Set(SLOTS.values());
    for (let tries = 0; taken.has(slot) && tries < 3 * HUES.length; tries += 1) slot = (slot + 5) % (3 * HUES.length);
    SLOTS.set(name, slot);
  }
  const tone = Math.floor(slot / HUES.length);
  return fromHsl(HUES[slot % HUES.length], [0.6, 0.5, 0.65][tone], (isDark() ? [0.58, 0.72, 0.46] : [0.5, 0.68, 0.36])[tone]);
}

/** A colour as the style sheet writes it. */
export function css([red, green, blue]) { return `rgb(${red} ${green} ${blue})`; }

function fromHsl(hue, saturation, lightness) {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

/** An element with a class and text; children may follow. Text is only ever text. */
export function element(name, className, text, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

/** A note beside the pointer: `show(event, text)`, `hide()`. There is one on a page. */
export const tip = {
  show(event, text) {
    this.box ??= document.body.appendChild(element("div", "tip"));
    this.box.textContent = text;
    this.box.style.display = "block";
    const { width, height } = this.box.getBoundingClientRect();
    const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
    const top = event.clientY + 14 + height > innerHeight ? event.clientY - 14 - height : event.clientY + 14;
    this.box.style.left = `${Math.max(0, left)}px`;
    this.box.style.top = `${Math.max(0, top)}px`;
  },
  hide() { if (this.box) this.box.style.display = "none"; },
};

/** Steps of a time axis: round moments between two, about `wanted` of them. */
export function ticks(from, to, wanted) {
  const rough = Math.max(1, (to - from) / Math.max(1, wanted)), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const moments = [];
  for (let at = Math.ceil(from / step) * step; at <= to && moments.length < 100; at += step) moments.push(at);
  return moments;
}
