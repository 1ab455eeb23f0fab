// Words and colours: how times, bytes and counts are written, and which colour a group has.
// All times in data are nanoseconds since the run's start, all sizes bytes; both are whole numbers.

/** Nanoseconds as a reader wants them: `1.25 s`, `340 ms`, `12.0 us`. */
export function time(ns) {
  if (ns === null || ns === undefined) return "";
  const size = Math.abs(ns);
  if (size === 0) return "0 s";
  const minutes = Math.round(ns / 60e9), seconds = Math.round(ns / 1e9);
  if (seconds >= 3600) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (seconds >= 120) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
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
  if (n !== 0 && size < 0.1) return size < 1e-6 ? n.toExponential(1) : n.toFixed(Math.min(8, 1 - Math.floor(Math.log10(size))));
  return n.toFixed(size >= 100 || n === 0 ? 0 : size >= 10 ? 1 : 2);
}

/** The words for states, as the records have them, in the order of `counts` in data. */
export const STATES = ["released", "waiting", "queued", "no-worker", "processing", "memory", "erred", "forgotten"];

// Which looks a reader may choose: `auto` is as the reader's system is. The choice is kept, where a page may keep anything.
const THEMES = ["auto", "light", "dark"], THEME_KEY = "partita-theme", REDRAWS = new Set();
const SYSTEM_DARK = matchMedia("(prefers-color-scheme: dark)");

/** Whether what is shown is dark. */
export function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : SYSTEM_DARK.matches;
}

/** Calls back when what is shown turns light or dark. */
export function onTheme(redraw) { REDRAWS.add(redraw); }

function redrawAll() { for (const redraw of REDRAWS) redraw(); }

SYSTEM_DARK.addEventListener("change", redrawAll);

/** What the reader chose last; `auto` where nothing is or may be kept, as in a file that is opened from a disk. */
function keptTheme() {
  try { return THEMES.find((theme) => theme === localStorage.getItem(THEME_KEY)) ?? "auto"; } catch { return "auto"; }
}

function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  redrawAll();
}

/** The switch between light and dark, with what was chosen before in force. */
export function themeSwitch() {
  const choice = element("select", "", null, ...THEMES.map((theme) => element("option", "", theme))), label = element("label", "theme", "Theme ", choice);
  choice.value = keptTheme();
  showTheme(choice.value);
  choice.addEventListener("change", () => {
    showTheme(choice.value);
    try { localStorage.setItem(THEME_KEY, choice.value); } catch { /* Then it holds for this page. */ }
  });
  // Chosen on another page that is open.
  addEventListener("storage", (event) => { if (event.key === THEME_KEY) { choice.value = keptTheme(); showTheme(choice.value); } });
  return label;
}

/** The value of a variable of the style sheet, such as `--ink`. */
export function styled(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

// Hues around red are left to failures. Neighbours differ in hue and in lightness.
const HUES = [215, 32, 145, 272, 50, 188, 322, 88], SLOTS = new Map();

/** The colour of a group as [red, green, blue]: the same for the same name on a page, and no two are alike while groups are few. */
export function groupColour(name, dark = isDark()) {
  let slot = SLOTS.get(name);
  if (slot === undefined) {
    let hash = 2166136261;
    for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
    slot = (Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0) % (3 * HUES.length);
    // A hue that nothing has yet, as long as there is one; then another tone of one.
    const taken = new Set(SLOTS.values()), hues = new Set([...taken].map((one) => one % HUES.length));
    const free = hues.size < HUES.length ? (one) => !hues.has(one % HUES.length) : (one) => !taken.has(one);
    for (let tries = 0; !free(slot) && tries < 3 * HUES.length; tries += 1) slot = (slot + 5) % (3 * HUES.length);
    SLOTS.set(name, slot);
  }
  const tone = Math.floor(slot / HUES.length);
  return fromHsl(HUES[slot % HUES.length], [0.6, 0.5, 0.65][tone], (dark ? [0.58, 0.72, 0.46] : [0.5, 0.68, 0.36])[tone]);
}

/** A colour as the style sheet writes it. */
export function css([red, green, blue]) { return `rgb(${red} ${green} ${blue})`; }

/** A small square in the colour of a group, whether it is light or dark later on. */
export function groupChip(name) {
  const chip = element("i", "chip group");
  chip.style.setProperty("--on-light", css(groupColour(name, false)));
  chip.style.setProperty("--on-dark", css(groupColour(name, true)));
  return chip;
}

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

const MEASURE = document.createElement("canvas").getContext("2d");

/** Text that is no wider than so many pixels: what does not fit is left out of its middle, as names differ at their ends. */
export function shorten(text, width, font) {
  MEASURE.font = font;
  const fits = (tried) => MEASURE.measureText(tried).width <= width;
  if (text.length < 500 && fits(text)) return text;
  const letters = Array.from(text.slice(0, 200)), ends = Array.from(text.slice(-200));
  let [low, high] = [0, Math.min(letters.length, ends.length)];
  const without = (kept) => `${letters.slice(0, Math.floor(kept / 3)).join("")}\u2026${ends.slice(ends.length - Math.ceil((kept * 2) / 3)).join("")}`;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(without(middle))) low = middle; else high = middle - 1;
  }
  return low > 0 ? without(low) : "";
}

/** Steps of a time axis, in nanoseconds: round figures, and from ten seconds on what a clock has. */
export const TIME_STEPS = [...Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat(),
  ...[10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200].map((seconds) => seconds * 1e9),
  ...Array.from({ length: 6 }, (_, power) => [1, 2, 5].map((n) => n * 86400e9 * 10 ** power)).flat()];

/** A moment at an axis whose steps are so long: `2 s`, `2.5 s`, `400 ms`, `3 min`. */
export function axisTime(ns, step) {
  if (ns === 0) return "0 s";
  if (ns >= 3600e9 || (ns >= 60e9 && step % 60e9 !== 0 && ns >= 120e9)) return time(ns);
  if (ns >= 60e9 && step % 60e9 === 0) return `${Math.round(ns / 60e9)} min`;
  const [size, unit] = [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"], [1, "ns"]].find(([least]) => Math.abs(ns) >= least) ?? [1, "ns"];
  const places = Math.min(3, Math.max(0, Math.ceil(-Math.log10(Math.max(step, 1) / size) - 1e-9)));
  return `${(ns / size).toFixed(places)} ${unit}`;
}

/** Round moments of a time axis between two, about `wanted` of them. */
export function ticks(from, to, wanted) {
  const rough = Math.max(1, (to - from) / Math.max(1, wanted)), step = TIME_STEPS.find((n) => n >= rough) ?? rough, moments = [];
  for (let at = Math.ceil(from / step) * step; at <= to && moments.length < 100; at += step) moments.push(at);
  return moments;
}
