// A live view of one job. It holds no truth of its own: it draws what the job's log says.

import { duration, element, setText } from "./elements.js";
import { keepingFocus, reach } from "./focus.js";
import { keepKeys } from "./keys.js";
import { feel, post } from "./pulse.js";
import { Watch } from "./watch.js";

/** @typedef {{name: string, label: string, state: "pending"|"running"|"done"|"skipped"|"stopped",
 *             seconds: number|null, done: number|null, total: number|null, cached: number}} Stage */
/** What `Snapshot.wire()` gives, without its scenes, pieces and log.
 * @typedef {{jobId: string, title: string, status: string, percent: number, message: string,
 *            elapsedSeconds: number, etaSeconds: number|null, watchable: number, stages: Stage[], warnings: string[],
 *            error: {message: string, remedy: string}|null,
 *            film: {path: string, seconds: number, width: number, height: number}|null}} Snapshot */
/** @typedef {{scene: number, heading: string, thumbnail: string}} Scene */
/** @typedef {{seconds: number, text: string}} LogLine */

const ENDED = new Set(["completed", "failed", "cancelled", "crashed"]);
const STATUS = {
  queued: "Queued",
  running: "Running",
  cancelling: "Cancelling…",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  crashed: "Crashed",
  gone: "Kernel gone",
};
const ICON = {
  pending: '<circle cx="8" cy="8" r="5.5"/>',
  running: '<circle cx="8" cy="8" r="5.5" class="aura-track"/><path d="M8 2.5a5.5 5.5 0 0 1 5.5 5.5"/>',
  done: '<path d="M3.2 8.6l3.1 3.1 6.5-7"/>',
  skipped: '<path d="M4 8h8"/>',
  stopped: '<path d="M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6"/>',
};
const GONE = [
  "error",
  "The kernel stopped answering; this is the last it said.",
  "Run aura.jobs() to see what became of the job.",
];
const CHECKS_UNTIL_RESEND = 2;
const PLACES = 24;
// So long the end is shown before the kernel puts the document in the view's place.
const SEEN_MS = 400;

/** Scenes by job, and how many models show it: all its views share them, and each is sent only once.
 * @type {Map<string, {scenes: Map<number, Scene>, models: number}>} */
const scenesOf = new Map();

const drawn = /** @type {WeakMap<HTMLElement, Scene>} */ (new WeakMap());

/** Keep what scenes the kernel sends, from the model's first moment on: a view may come later. */
function initialize({ model }) {
  const job = model.get("_snapshot").jobId;
  // In marimo each display of a job has a model of its own.
  const shared = scenesOf.get(job) ?? { scenes: new Map(), models: 0 };
  scenesOf.set(job, shared);
  shared.models += 1;
  /** @param {{type: string, scenes: Scene[]}} message */
  const keep = (message) => {
    if (message.type !== "scenes") return;
    for (const scene of message.scenes) shared.scenes.set(scene.scene, scene);
  };
  model.on("msg:custom", keep);
  // A page that was reloaded gets the traits back from the kernel, not the messages it missed.
  model.send({ type: "scenes", have: 0 });
  return () => {
    model.off("msg:custom", keep);
    shared.models -= 1;
    if (!shared.models) scenesOf.delete(job);
  };
}

/** The fixed parts of the view; `draw` fills them. */
function build() {
  // Where the focus goes when its button does.
  const root = element("div", "aura-job", "", { role: "group", tabindex: "-1" });
  const head = element("div", "aura-head");
  const title = element("h3", "aura-title");
  const status = element("span", "aura-status", "", { role: "status" });
  const cancel = /** @type {HTMLButtonElement} */ (element("button", "aura-cancel", "Cancel", { type: "button" }));
  head.append(title, status, cancel);
  const meter = element("div", "aura-meter");
  const bar = element("div", "aura-bar", "", { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" });
  const fill = element("div", "aura-fill");
  bar.append(fill);
  const percent = element("span", "aura-percent");
  meter.append(bar, percent);
  const line = element("div", "aura-line");
  const message = element("span", "aura-message");
  const clock = element("span", "aura-clock");
  line.append(message, clock);
  const body = element("div", "aura-body");
  const stages = element("ol", "aura-stages");
  const scenes = element("ol", "aura-scenes", "", { "aria-label": "Scenes" });
  body.append(stages, scenes);
  const film = element("p", "aura-film");
  const notices = element("ul", "aura-notices");
  const log = element("details", "aura-log");
  const logTitle = element("summary");
  const lines = element("pre");
  log.append(logTitle, lines);
  root.append(head, meter, line, film, notices, body, log);
  const parts = { root, title, status, cancel, line, bar, fill, percent, message, clock };
  return { ...parts, stages, scenes, film, notices, log, logTitle, lines };
}

/** @param {Stage} stage */
function counted({ done, total, cached, state }) {
  if (cached && cached === total) return "from cache";
  if (!total || (total === 1 && !cached)) return "";
  const items = state === "done" ? `${total}` : `${done ?? 0} of ${total}`;
  return cached ? `${items}, ${cached} from cache` : items;
}

/** @param {HTMLElement} list @param {Stage[]} stages @param {boolean} still whether nothing moves any more */
function drawStages(list, stages, still) {
  while (list.children.length < stages.length) {
    const row = element("li", "aura-stage");
    row.innerHTML = '<svg viewBox="0 0 16 16" role="img"></svg>';
    row.append(element("span", "aura-name"), element("span", "aura-count"), element("span", "aura-seconds"));
    list.append(row);
  }
  stages.forEach((stage, index) => {
    const row = /** @type {HTMLElement} */ (list.children[index]);
    const [icon, name, count, seconds] = /** @type {HTMLElement[]} */ ([...row.children]);
    const state = still && stage.state === "running" ? "stopped" : stage.state;
    if (row.dataset.state !== state) {
      row.dataset.state = state;
      icon.innerHTML = ICON[state] ?? ICON.pending;
      icon.setAttribute("aria-label", state);
    }
    setText(name, stage.label);
    setText(count, counted(stage));
    setText(seconds, stage.seconds === null ? "" : `${stage.seconds.toFixed(1)} s`);
  });
}

/** @param {HTMLElement} list @param {Map<number, Scene>} scenes @param {number} expected */
function drawScenes(list, scenes, expected) {
  const places = Math.max(Math.min(expected, PLACES), ...[...scenes.keys()].map((number) => number + 1), 0);
  while (list.children.length > places) list.lastElementChild?.remove();
  while (list.children.length < places) {
    const place = element("li", "aura-scene");
    place.append(element("div", "aura-thumb"), element("span", "aura-heading"));
    list.append(place);
  }
  for (const [number, scene] of scenes) {
    const place = /** @type {HTMLElement} */ (list.children[number]);
    const [thumb, heading] = /** @type {HTMLElement[]} */ ([...place.children]);
    if (drawn.get(thumb) === scene) continue;
    drawn.set(thumb, scene);
    const image = /** @type {HTMLImageElement} */ (element("img"));
    image.src = `data:image/jpeg;base64,${scene.thumbnail}`;
    image.alt = `Scene ${number + 1}: ${scene.heading}`;
    thumb.replaceChildren(image);
    setText(heading, scene.heading);
    place.title = scene.heading;
  }
}

/** @param {HTMLElement} list @param {Snapshot} snapshot @param {boolean} gone */
function drawNotices(list, snapshot, gone) {
  const notices = snapshot.warnings.map((text) => ["warning", text, ""]);
  if (snapshot.error) notices.unshift(["error", snapshot.error.message, snapshot.error.remedy]);
  if (gone) notices.unshift(GONE);
  const key = JSON.stringify(notices);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...notices.map(([kind, text, remedy]) => {
      const item = element("li", `aura-${kind}`, text);
      if (remedy) item.append(" ", element("strong", "", remedy));
      return item;
    }),
  );
}

function render({ model, el }) {
  const ui = build();
  el.append(ui.root);
  const watch = new Watch(model, ui.line, draw);
  ui.cancel.before(watch.button);
  const pulse = feel(model, check, ["_snapshot"]);
  const giveKeysBack = keepKeys(ui.root);
  const resized = new ResizeObserver(() => reach(ui.scenes));
  resized.observe(ui.scenes);
  let asked = 0;
  let seen = 0;
  let received = Date.now();

  /** @returns {Snapshot} */
  const snapshot = () => model.get("_snapshot");
  const gone = () => pulse.gone();
  const ended = () => ENDED.has(snapshot().status);

  function drawClock() {
    const { elapsedSeconds, etaSeconds, status } = snapshot();
    const since = status === "queued" || ended() || gone() ? 0 : (Date.now() - received) / 1000;
    const left = status === "running" && etaSeconds !== null && !gone() ? etaSeconds - since : NaN;
    const hope = left >= 1 ? ` · about ${duration(left)} left` : left < 1 ? " · nearly done" : "";
    setText(ui.clock, status === "queued" ? "" : duration(elapsedSeconds + since) + hope);
  }

  function draw() {
    keepingFocus(ui.root, drawAll);
  }

  function drawAll() {
    const now = snapshot();
    const lost = gone() && !ended();
    const status = lost ? "gone" : asked && !ended() ? "cancelling" : now.status;
    const percent = Math.floor(now.percent);
    ui.root.dataset.status = status;
    ui.root.setAttribute("aria-label", now.title);
    setText(ui.title, now.title);
    setText(ui.status, STATUS[status] ?? status);
    ui.cancel.hidden = ended();
    // Not `disabled`: that would take the focus from whoever has pressed it.
    ui.cancel.setAttribute("aria-disabled", String(status === "cancelling" || lost));
    ui.bar.setAttribute("aria-valuenow", String(percent));
    ui.bar.setAttribute("aria-label", `${now.title}: progress`);
    ui.fill.style.transform = `scaleX(${now.percent / 100})`;
    setText(ui.percent, `${percent} %`);
    setText(ui.message, now.message === now.error?.message ? "" : now.message);
    drawClock();
    watch.draw(now);
    drawStages(ui.stages, now.stages, lost || ended());
    const expected = now.stages.find((stage) => stage.name === "picture")?.total ?? 0;
    drawScenes(ui.scenes, scenesOf.get(now.jobId)?.scenes ?? new Map(), ended() ? 0 : expected);
    reach(ui.scenes);
    drawNotices(ui.notices, now, lost);
    const { film } = now;
    ui.film.hidden = !film;
    if (ended() && !seen) seen = setTimeout(() => post(model, { type: "seen" }), SEEN_MS);
    if (film) {
      const name = film.path.split(/[\\/]/).at(-1);
      setText(ui.film, `${name} · ${film.seconds.toFixed(1)} s · ${film.width} × ${film.height}`);
    }
  }

  function drawLog() {
    const log = /** @type {LogLine[]} */ (model.get("_log"));
    const atEnd = ui.lines.scrollHeight - ui.lines.scrollTop - ui.lines.clientHeight < 4;
    ui.log.hidden = !log.length;
    setText(ui.logTitle, `Log (${log.length})`);
    const lines = log.map(({ seconds, text }) => `${seconds.toFixed(1).padStart(6)} s  ${text}`);
    setText(ui.lines, lines.join("\n"));
    if (atEnd) ui.lines.scrollTop = ui.lines.scrollHeight;
  }

  function changed() {
    received = Date.now();
    draw();
  }

  function askToCancel() {
    if (ui.cancel.getAttribute("aria-disabled") === "true") return;
    asked = 1;
    post(model, { type: "cancel" });
    draw();
  }

  function check() {
    watch.beat(ended());
    if (ended()) return;
    // A kernel may lose one message after a page reload; asking again does no harm.
    if (asked && snapshot().status !== "cancelling" && (asked += 1) % CHECKS_UNTIL_RESEND === 0) {
      post(model, { type: "cancel" });
    }
    if (gone()) draw();
    else drawClock();
  }

  const changes = { _snapshot: changed, _beat: draw, _log: drawLog };
  // One event a call: marimo's model takes no list of names.
  for (const [trait, handler] of Object.entries(changes)) model.on(`change:${trait}`, handler);
  model.on("msg:custom", draw);
  ui.cancel.addEventListener("click", askToCancel);
  draw();
  drawLog();

  return () => {
    pulse.end();
    giveKeysBack();
    resized.disconnect();
    for (const [trait, handler] of Object.entries(changes)) model.off(`change:${trait}`, handler);
    model.off("msg:custom", draw);
    watch.close();
    ui.root.remove();
  };
}

export default { initialize, render };
