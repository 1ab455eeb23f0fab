// Where the time went, by file, line and group, within a stretch of time that is chosen on the stream above.
import { flameGraph } from "../flame.js";
import { taskStream } from "../stream.js";
import { element, time } from "../format.js";
import { panel } from "./parts.js";

export const views = ["stream", "profile"];

export function make(main, shell) {
  const zoomed = (from, to) => shell.show({ from, to });
  const stream = taskStream(panel(main, "Stretch of time"), { onPick: shell.openTask, onView: zoomed, most: () => shell.shown.end });
  const host = panel(main, "Time by file, line and group"), note = element("p", "faint");
  host.before(note);
  const flame = flameGraph(host);
  return {
    draw(data) {
      stream.set(data.stream, shell.shown.from !== null);
      flame.set(data.profile);
      const { from, to } = data.stream;
      note.textContent = `Threads computed for ${time(data.profile.time)} between ${time(from)} and ${time(to)}.`;
    },
    frame: () => stream.draw(),
  };
}
