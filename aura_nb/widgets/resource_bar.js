// The machine's load as one line. It draws what `aura_nb.monitor.Reading.wire()` says.

/** @typedef {{cpu: number, memory: number, disk: number, gpu: number|null, memoryUsed: number, memoryTotal: number,
 *             diskFree: number, levels: Record<string, "green"|"yellow"|"red"|null>}} Load */
/** @typedef {{load: Load|null, paused: boolean, stale: boolean}} Reading */

const NAMES = { cpu: "CPU", memory: "Memory", disk: "Disk", gpu: "GPU" };
const PAUSED = "not measured while a film is rendered";
const OLD = "old figures";
const STALE_MS = 8000;
const CHECK_MS = 1000;

/** @param {number} bytes */
const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;

/** @param {Load} load @param {string} name */
function detail(load, name) {
  if (name === "memory") return `${gigabytes(load.memoryUsed)} of ${gigabytes(load.memoryTotal)}`;
  return name === "disk" ? `${gigabytes(load.diskFree)} free` : "";
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "aura-load";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Load of this machine");
  const list = document.createElement("dl");
  const rows = Object.entries(NAMES).map(([name, label]) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    term.textContent = label;
    const value = document.createElement("dd");
    row.append(term, value);
    return /** @type {[string, HTMLElement, HTMLElement]} */ ([name, row, value]);
  });
  const note = document.createElement("p");
  list.append(...rows.map(([, row]) => row));
  root.append(list, note);
  el.append(root);
  let received = Date.now();

  function draw() {
    /** @type {Reading} */
    const { load, paused, stale } = model.get("_reading");
    // Whoever measures may be gone: nobody is left then to say that the figures are old.
    const old = stale || Date.now() - received >= STALE_MS;
    root.dataset.old = String(paused || old);
    note.textContent = paused ? PAUSED : old && load ? OLD : "";
    for (const [name, row, value] of rows) {
      const percent = load?.[name] ?? null;
      value.textContent = percent === null ? (load ? "n/a" : "–") : `${Math.round(percent)} %`;
      value.dataset.level = load?.levels[name] ?? "";
      row.title = load ? detail(load, name) : "";
    }
  }

  function changed() {
    received = Date.now();
    draw();
  }

  model.on("change:_reading", changed);
  const timer = setInterval(draw, CHECK_MS);
  draw();
  return () => {
    clearInterval(timer);
    model.off("change:_reading", changed);
    root.remove();
  };
}

export default { render };
