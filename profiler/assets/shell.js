// What all pages share: the way from one to another, the time slider, news from the server, and asking for what is shown.
//
// A page is a module `pages/NAME.js` with `views`, the names of the views that it shows, and `make(main, shell)`, which gives
// `draw(data)`, with what was asked for by name, and perhaps `frame()`, which draws at once and says how many milliseconds it
// took. All times are nanoseconds since the run's start.
import { bytes, count, element, themeSwitch, time } from "./format.js";

const PAGES = [["status", "Status"], ["workers", "Workers"], ["tasks", "Tasks"], ["graph", "Graph"], ["system", "System"],
  ["profile", "Profile"], ["groups", "Groups"], ["events", "Events"], ["task", "Task"], ["logs", "Logs"]];
const STEPS = 1000, REST = 700, CALM = 3000, AWAY = "The program cannot be reached: what is shown is what it told last.";
const calm = matchMedia("(prefers-reduced-motion: reduce)"), here = location.pathname.split("/").pop() || "status";
const parts = Object.fromEntries(["pages", "live", "moment", "clock", "figures", "said", "page", "time"].map((id) => [id, document.getElementById(id)]));

/** What is shown: the moment (null is now), a stretch of time, a key; and how far the run is. */
const shown = { at: null, from: null, to: null, key: null, end: 0 };

/** What pages may ask of the shell. */
const shell = {
  shown,
  /** Shows another stretch of time or key, and asks for it. */
  show(change) { Object.assign(shown, change); keepAddress(); return refresh(); },
  /** Where a page is, with the moment that is shown. */
  link(page, extra = {}) { return `${page}${query({ at: shown.at, ...extra })}`; },
  /** Opens the page of a task. */
  openTask(key) { location.href = shell.link("task", { key }); },
};

let page = null, views = [], rest = REST, busy = false, again = false, drawn = 0, ended = false;

function query(wanted) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== null && value !== undefined) pairs.set(name, name === "at" || name === "from" || name === "to" ? (value / 1e9).toFixed(9) : value);
  }
  const text = pairs.toString();
  return text ? `?${text}` : "";
}

function keepAddress() {
  parts.live.setAttribute("aria-pressed", String(shown.at === null));
  history.replaceState(null, "", `${here}${query({ at: shown.at, key: shown.key })}`);
  linkPages();
}

function readAddress() {
  const given = new URLSearchParams(location.search), at = parseFloat(given.get("at"));
  shown.at = Number.isFinite(at) && at >= 0 ? at * 1e9 : null;
  shown.key = given.get("key");
}

function linkPages() {
  parts.pages.replaceChildren(...PAGES.map(([name, title]) => {
    const link = element("a", "", title);
    link.href = shell.link(name);
    if (name === here) link.setAttribute("aria-current", "page");
    return link;
  }));
}

/** Says what went wrong, or nothing. */
function say(text) {
  parts.said.hidden = !text;
  parts.said.textContent = text;
}

async function ask() {
  const { at, from, to, key } = shown;
  const answer = await fetch(`json/several${query({ views: ["moment", ...views].join(","), at, from, to, key })}`);
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data;
}

/** Whether the reader is at something that drawing would take away: a link in a table, or text that is being copied. */
function isHeld() {
  const chosen = getSelection();
  return Boolean(document.activeElement?.closest("tbody")) || (!chosen.isCollapsed && parts.page.contains(chosen.anchorNode));
}

/** Asks for what is shown and draws it; what is asked for meanwhile is asked for once, afterwards. */
async function refresh(asked = true) {
  if (busy) { again = again || asked; return; }
  busy = true;
  try {
    const since = performance.now(), data = await ask(), began = performance.now();
    // At most a tenth of the time is spent on asking; who wants less to move has it so.
    rest = Math.max(calm.matches ? CALM : REST, 9 * (began - since));
    moved(data.moment);
    if (asked || !isHeld()) page.draw(data);
    document.documentElement.dataset.took = performance.now() - began;
    drawn += 1;
    document.documentElement.dataset.drawn = drawn;
    if (!ended) say("");
  } catch (error) {
    if (!ended) say(error instanceof TypeError ? AWAY : error.message);
  } finally {
    busy = false;
    if (again) { again = false; setTimeout(refresh, 0); }
  }
}

/** Shows where the run is, and its figures at the moment. */
function moved(moment) {
  shown.end = moment.end;
  const at = shown.at === null ? moment.end : Math.min(shown.at, moment.end);
  parts.moment.value = moment.end > 0 ? Math.round((at / moment.end) * STEPS) : STEPS;
  parts.moment.setAttribute("aria-valuetext", time(at));
  parts.clock.textContent = `${time(at)} of ${time(moment.end)}`;
  parts.live.setAttribute("aria-pressed", String(shown.at === null));
  const { tasks } = moment, waiting = tasks.waiting + tasks.queued + tasks["no-worker"];
  const figures = [["workers", count(moment.workers)], ["threads", count(moment.threads)], ["waiting", count(waiting)],
    ["processing", count(tasks.processing)], ["in memory", count(tasks.memory)], ["erred", count(tasks.erred), tasks.erred > 0],
    ["results", bytes(moment.nbytes)]];
  if (moment.failures > 0) figures.push(["executions failed", count(moment.failures), true]);
  if (moment.dropped > 0) figures.push([moment.corrected === null ? "records lost" : `records lost, states right since ${time(moment.corrected)}`, count(moment.dropped), true]);
  parts.figures.replaceChildren(...figures.map(([what, value, bad]) => element("span", bad ? "fact bad" : "fact", null, element("b", "", value), ` ${what}`)));
}

/** News from the server, while somebody looks: not more often than the page can be drawn at ease. */
function listen() {
  let source = null, waits = 0, last = 0;
  const soon = () => {
    if (shown.at !== null || waits) return;
    waits = setTimeout(() => { waits = 0; last = Date.now(); refresh(false); }, Math.max(0, last + rest - Date.now()));
  };
  const close = (why) => {
    ended = true;
    say(`The cluster has ended: ${why}. What is shown is how it was last.`);
    source?.close();
  };
  // What is refused is not asked for again by itself: either the cluster has ended meanwhile, or it is tried again.
  const refused = async () => {
    const answer = await fetch("health").catch(() => null);
    if (answer?.status === 503) return close((await answer.json()).error);
    setTimeout(() => { if (!document.hidden && source?.readyState === EventSource.CLOSED) open(); }, CALM);
  };
  const open = () => {
    source = new EventSource("events");
    source.onmessage = (event) => { shown.end = JSON.parse(event.data).end; soon(); };
    source.onopen = () => { if (!ended) say(""); };
    source.onerror = () => {
      if (ended) return;
      say(AWAY);
      if (source?.readyState === EventSource.CLOSED) refused();
    };
    source.addEventListener("ended", (event) => close(JSON.parse(event.data)));
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = null; } else if (!source && !ended) open();
  });
  if (!document.hidden) open();
}

function slide() {
  let waits = 0;
  parts.moment.addEventListener("input", () => {
    const step = Number(parts.moment.value), at = step >= STEPS ? null : (step / STEPS) * shown.end;
    parts.clock.textContent = `${time(at ?? shown.end)} of ${time(shown.end)}`;
    clearTimeout(waits);
    waits = setTimeout(() => shell.show({ at, from: null, to: null }), 60);
  });
  // Pressed while it follows the work, it stands still at what is shown.
  parts.live.addEventListener("click", () => shell.show({ at: shown.at === null ? shown.end : null, from: null, to: null }));
  parts.time.addEventListener("submit", (event) => event.preventDefault());
}

/** Draws what the page shows at once: how many milliseconds that took. */
export function frame() { return page.frame ? page.frame() : null; }

async function start() {
  readAddress();
  linkPages();
  parts.pages.after(themeSwitch());
  const [, title] = PAGES.find(([name]) => name === here) ?? ["", "Status"];
  document.title = `${title} \u2013 Partita`;
  const made = await import(`./pages/${PAGES.some(([name]) => name === here) ? here : "status"}.js`);
  views = made.views;
  page = made.make(parts.page, shell);
  slide();
  await refresh();
  listen();
}

start();
