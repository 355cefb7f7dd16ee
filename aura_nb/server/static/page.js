// The observer page: all jobs, live. It shows each by the notebook's own view, fed from the event stream.

import jobView from "./job_view.js";
import resourceBar from "./resource_bar.js";
import { fold } from "./fold.js";

const TYPES = [
  "job-status",
  "step-status",
  "step-progress",
  "scene-ready",
  "job-log",
  "warning",
  "job-completed",
  "job-failed",
  "job-cancelled",
  "gap",
];
const ENDED = new Set(["completed", "failed", "cancelled", "crashed"]);
const LABELS = {
  write: "Write the script",
  narrate: "Speak it",
  picture: "Draw the pictures",
  caption: "Time the captions",
  compose: "Compose the scenes",
  finish: "Finish and verify",
};
const FILES = { "film.mp4": "Film (MP4)", "film.srt": "Captions (SRT)", "film.vtt": "Captions (VTT)" };
const DRAW_MS = 100;
const POLL_MS = 2000;
const LOAD_MS = 2000;
// A proxy that holds streams back never opens one: after this the page asks instead.
const OPEN_MS = 6000;
const STREAM_AGAIN_MS = 30000;

const list = document.getElementById("jobs");
const link = document.getElementById("link");
const none = document.getElementById("none");

/** The jobs on the page by id. @type {Map<string, JobOnPage>} */
const jobs = new Map();
/** @type {EventSource|null} */
let source = null;
let cursor = "";
let looked = false;
/** @type {Model|null} */
let machine = null;
let polling = 0;
let opening = 0;
let again = 0;

/** What the view takes for its widget's model: traits that change, and messages both ways. */
class Model {
  constructor(id, traits) {
    this.id = id;
    // Where the view finds the film while it is made; a notebook's model has no such place.
    this.preview = `api/jobs/${id}/preview/`;
    this.traits = traits;
    this.handlers = new Map();
  }

  get(name) {
    return this.traits[name];
  }

  on(event, handler) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }

  off(event, handler) {
    this.handlers.set(
      event,
      (this.handlers.get(event) ?? []).filter((one) => one !== handler),
    );
  }

  tell(event, ...what) {
    for (const handler of this.handlers.get(event) ?? []) handler(...what);
  }

  send(message) {
    if (message.type === "cancel") fetch(`api/jobs/${this.id}/cancel`, { method: "POST" });
  }

  set(name, value) {
    this.traits[name] = value;
    this.tell(`change:${name}`);
  }
}

class JobOnPage {
  /** @param {any} state @param {boolean} news whether it came while the page was open */
  constructor(state, news) {
    this.state = state;
    this.whole = Boolean(state.scenes.length || state.log.length);
    this.item = document.createElement("li");
    this.item.dataset.job = state.jobId;
    this.box = null;
    this.model = null;
    this.due = 0;
    this.told = 0;
    if (ENDED.has(state.status) && !news) this.fold();
    else this.open();
  }

  /** One line, for a job that had ended when the page came: opened, it shows all. */
  fold() {
    const { title, status, film } = this.state;
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const name = document.createElement("b");
    name.textContent = title;
    const how = document.createElement("span");
    how.textContent = film ? `${film.seconds.toFixed(1)} s` : status;
    how.dataset.status = status;
    summary.append(name, how);
    details.append(summary);
    details.addEventListener("toggle", () => details.open && this.open(details), { once: true });
    this.item.replaceChildren(details);
  }

  async open(where = this.item) {
    if (!this.whole) await this.refresh();
    this.model = new Model(this.state.jobId, traits(this.state));
    this.box = document.createElement("div");
    where.append(this.box);
    // Who watched the film while it was made goes on with the whole from there.
    this.box.addEventListener("aura-watched", ({ detail }) => {
      this.watched = detail;
    });
    jobView.initialize({ model: this.model });
    jobView.render({ model: this.model, el: this.box });
    this.sendScenes();
    this.showFilm(where);
    this.where = where;
  }

  /** All of the state from the server, scenes and log included. */
  async refresh() {
    const answer = await fetch(`api/jobs/${this.state.jobId}`);
    if (!answer.ok) return;
    const state = await answer.json();
    if (state.seq >= this.state.seq) this.state = state;
    this.whole = true;
  }

  apply(event) {
    if (!this.whole) {
      // What the list left out comes with the whole state, this event included.
      this.whole = true;
      this.refresh().then(() => this.draw());
      return;
    }
    this.state = fold(this.state, event);
    this.draw();
  }

  replace(state) {
    if (state.seq <= this.state.seq) return;
    const { scenes, pieces, log } = this.state;
    this.state = { ...state, scenes, pieces, log };
    this.refresh().then(() => this.draw());
  }

  draw() {
    if (this.due || !this.model) return;
    this.due = setTimeout(
      () => {
        this.due = 0;
        this.told = Date.now();
        const { _snapshot, _log } = traits(this.state);
        this.model.set("_snapshot", _snapshot);
        this.model.set("_log", _log);
        this.sendScenes();
        this.showFilm(this.where);
      },
      Math.max(0, this.told + DRAW_MS - Date.now()),
    );
  }

  sendScenes() {
    if (this.state.scenes.length) this.model.tell("msg:custom", { type: "scenes", scenes: this.state.scenes });
  }

  showFilm(where) {
    const { film, jobId, title } = this.state;
    if (!film || this.film) return;
    const base = `api/jobs/${jobId}/artifacts`;
    this.film = document.createElement("section");
    this.film.className = "film";
    this.film.setAttribute("aria-label", `${title}: the film`);
    const video = document.createElement("video");
    Object.assign(video, { controls: true, preload: "metadata", src: `${base}/film.mp4` });
    video.setAttribute("aria-label", title);
    video.style.aspectRatio = `${film.width} / ${film.height}`;
    const track = document.createElement("track");
    Object.assign(track, { kind: "captions", src: `${base}/film.vtt`, label: "Captions", default: true });
    video.append(track);
    const files = document.createElement("nav");
    files.setAttribute("aria-label", "Downloads");
    for (const [name, label] of Object.entries(FILES)) {
      const anchor = document.createElement("a");
      Object.assign(anchor, { href: `${base}/${name}?download`, textContent: label, download: "" });
      files.append(anchor);
    }
    this.film.append(video, files);
    where.append(this.film);
    if (!this.watched) return;
    video.currentTime = this.watched.seconds;
    video.scrollIntoView({ block: "nearest" });
    if (this.watched.focused) video.focus();
    if (this.watched.playing) video.play().catch(() => {});
  }

  beat() {
    this.model?.tell("change:_beat");
  }
}

function traits(state) {
  const { scenes, pieces, log, ...rest } = state;
  const stages = rest.stages.map((stage) => ({ ...stage, label: LABELS[stage.name] ?? stage.name }));
  return { _snapshot: { ...rest, stages }, _log: log, _beat: 0 };
}

/** @param {"live"|"polling"|"lost"|"connecting"} state @param {string} text */
function say(state, text) {
  if (link.dataset.state === state && link.textContent === text) return;
  link.dataset.state = state;
  link.textContent = text;
}

/** All jobs from the server; says whether it answered. */
async function look() {
  let answer;
  try {
    answer = await fetch("api/jobs", { cache: "no-store" });
  } catch {
    say("lost", "The server does not answer. Trying again…");
    return false;
  }
  if (answer.status === 401 || answer.status === 421) {
    say("lost", "This link is not valid any more. Open the one the kernel printed last.");
    return false;
  }
  if (!answer.ok) {
    say("lost", "The server cannot say now. Trying again…");
    return false;
  }
  const found = await answer.json();
  document.body.dataset.control = String(Boolean(found.control));
  cursor = found.lastEventId;
  for (const state of found.jobs.toReversed()) {
    const known = jobs.get(state.jobId);
    if (known) known.replace(state);
    else add(state);
  }
  looked = true;
  none.hidden = jobs.size > 0;
  return true;
}

function add(state) {
  const job = new JobOnPage(state, looked);
  jobs.set(state.jobId, job);
  list.prepend(job.item);
  none.hidden = true;
}

async function happened(message) {
  cursor = message.lastEventId;
  const event = JSON.parse(message.data);
  const known = jobs.get(event.jobId);
  if (known) known.apply(event);
  else await look();
}

/** Stream what happens; ask for it instead where streams do not come through. */
async function connect() {
  clearTimeout(opening);
  source?.close();
  source = null;
  if (!(await look())) {
    poll();
    return;
  }
  const stream = new EventSource(`api/events?lastEventId=${encodeURIComponent(cursor)}`);
  source = stream;
  opening = setTimeout(fallBack, OPEN_MS);
  stream.addEventListener("open", () => {
    clearTimeout(opening);
    clearTimeout(again);
    clearInterval(polling);
    opening = again = polling = 0;
    say("live", "Live");
  });
  stream.addEventListener("error", () => {
    if (source !== stream) return;
    if (stream.readyState === EventSource.CLOSED) return fallBack();
    say("connecting", "Connecting…");
    // It tries again by itself; if that takes long, asking tells why.
    opening ||= setTimeout(fallBack, OPEN_MS);
  });
  for (const type of TYPES) stream.addEventListener(type, happened);
}

function fallBack() {
  clearTimeout(opening);
  opening = 0;
  source?.close();
  source = null;
  poll();
}

function poll() {
  clearTimeout(again);
  again = setTimeout(connect, STREAM_AGAIN_MS);
  polling ||= setInterval(async () => {
    const was = link.dataset.state;
    if (!(await look())) return;
    if (was === "lost") connect();
    else if (!source) say("polling", "Live by asking: streams do not come through here.");
  }, POLL_MS);
}

/** The machine's load; and a sign of life for every view, as long as the server gives one. */
async function measure() {
  let found;
  try {
    const answer = await fetch("api/metrics/system", { cache: "no-store" });
    if (!answer.ok) return;
    found = await answer.json();
  } catch {
    return;
  }
  for (const job of jobs.values()) job.beat();
  if (machine) machine.set("_reading", found);
  else {
    machine = new Model("", { _reading: found });
    resourceBar.render({ model: machine, el: document.getElementById("load") });
  }
}

// A laptop that slept, or a page that was in the background: its stream may be dead without knowing.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connect());
window.addEventListener("online", connect);
window.addEventListener("pageshow", (event) => event.persisted && connect());
setInterval(measure, LOAD_MS);
connect();
measure();
