// The observer page: all jobs, live. It shows each by the notebook's own view, fed by the link to the server.

import jobView from "./job_view.js";
import resourceBar from "./resource_bar.js";
import { fold } from "./fold.js";
import { History } from "./history.js";
import { Link } from "./link.js";

const ENDED = new Set(["completed", "failed", "cancelled", "crashed"]);
const STATUS = {
  queued: "Queued",
  running: "Running",
  cancelling: "Cancelling",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  crashed: "Crashed",
};
const LABELS = {
  write: "Write the script",
  narrate: "Speak it",
  picture: "Draw the pictures",
  caption: "Time the captions",
  compose: "Compose the scenes",
  finish: "Finish and verify",
};
const FILES = { "film.mp4": "Film (MP4)", "film.srt": "Captions (SRT)", "film.vtt": "Captions (VTT)" };
/** How the link stands, in words. */
const STANDS = {
  connecting: "Connecting…",
  live: "Live",
  polling: "Live, asking every 2 s: something on the way holds streams back",
  lost: "The server does not answer. Trying again…",
  refused: "This link is not valid any more. Open the one the kernel printed last.",
};
const DRAW_MS = 100;
const BEAT_MS = 2000;
/** So many jobs that are over stay open while others begin. */
const KEPT_OPEN = 3;
const TITLE = document.title;
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The jobs on the page by id. @type {Map<string, JobOnPage>} */
const jobs = new Map();
const history = new History(part("earlier"));
let stands = "connecting";
let listed = false;

/** What a view takes for its widget's model: traits that change, and messages both ways. */
class Model {
  constructor(id, traits) {
    this.id = id;
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

/** A job: one line until it runs or is opened, then the whole view. */
class JobOnPage {
  /** @param {any} state as `GET api/jobs` or `GET api/jobs/{id}` gives it */
  constructor(state) {
    this.state = state;
    this.item = element("li");
    this.item.dataset.job = state.jobId;
    /** Where the view and the film are. */
    this.body = this.item;
    this.model = null;
    this.film = null;
    this.close = () => {};
    this.due = 0;
    this.drawn = 0;
    /** What happens while the whole state is on its way. @type {any[]|null} */
    this.meanwhile = null;
  }

  get active() {
    return this.state.status === "running" || this.state.status === "cancelling";
  }

  get watched() {
    const playing = [...this.item.querySelectorAll("video")].some((video) => !video.paused);
    return playing || this.item.contains(document.activeElement);
  }

  /** Show a line, which opens to all. */
  fold() {
    this.close();
    this.model = this.film = null;
    this.body = element("details");
    this.line = element("summary");
    this.line.className = "line";
    this.body.append(this.line);
    this.body.addEventListener("toggle", () => this.open(), { once: true });
    this.item.replaceChildren(this.body);
    this.drawLine();
  }

  drawLine() {
    const { title, status, film, created } = this.state;
    const name = element("h3", title);
    name.title = title;
    const how = element("span", film ? `${STATUS[status]} · ${Math.round(film.seconds)} s` : STATUS[status]);
    how.dataset.status = status;
    const when = element("time", created ? WHEN.format(new Date(created * 1000)) : "");
    this.line?.replaceChildren(name, how, when);
  }

  /** Show all there is. */
  async open() {
    if (this.model) return;
    this.model = new Model(this.state.jobId, traits(this.state));
    await this.load();
    this.box = element("div");
    this.body.append(this.box);
    const forget = jobView.initialize({ model: this.model });
    const remove = jobView.render({ model: this.model, el: this.box });
    this.close = () => [remove, forget].forEach((end) => end());
    // The page says what changes itself, and of which job.
    this.box.querySelector(".aura-status")?.removeAttribute("role");
    this.draw();
  }

  /** The whole state from the server, scenes and log included, and what happened meanwhile. */
  async load() {
    this.meanwhile = [];
    const state = (await get(`api/jobs/${this.state.jobId}`)) ?? this.state;
    this.state = this.meanwhile.reduce(fold, { ...state, created: this.state.created });
    this.meanwhile = null;
  }

  /** Take the state of a list, which leaves scenes and log out. */
  async listed(state) {
    if (state.seq <= this.state.seq) return;
    const { status } = this.state;
    if (this.model) await this.load();
    else this.state = state;
    await this.changed(status);
  }

  async happened(event) {
    const { status } = this.state;
    this.meanwhile?.push(event);
    this.state = fold(this.state, event);
    await this.changed(status);
  }

  /** @param {string} before the status until now */
  async changed(before) {
    if (this.state.status !== before) announce(this.state);
    if (this.active && !this.model) {
      this.body = this.item;
      this.item.replaceChildren();
      part("jobs").prepend(this.item);
      makeRoom();
      await this.open();
    }
    this.draw();
  }

  draw() {
    this.due ||= setTimeout(
      () => {
        this.due = 0;
        this.drawn = Date.now();
        if (this.body !== this.item) this.drawLine();
        if (this.model) this.drawView();
        summarise();
      },
      Math.max(0, this.drawn + DRAW_MS - Date.now()),
    );
  }

  drawView() {
    for (const [name, value] of Object.entries(traits(this.state))) this.model.set(name, value);
    if (this.state.scenes.length) this.model.tell("msg:custom", { type: "scenes", scenes: this.state.scenes });
    this.showFilm();
  }

  /** The film with its captions and files, once there is one. */
  showFilm() {
    const { film, jobId, title } = this.state;
    if (!film || this.film) return;
    const base = `api/jobs/${jobId}/artifacts`;
    this.film = element("div");
    this.film.className = "film";
    const video = element("video");
    Object.assign(video, { controls: true, preload: "metadata", src: `${base}/film.mp4` });
    video.setAttribute("aria-label", title);
    video.style.aspectRatio = `${film.width} / ${film.height}`;
    const track = element("track");
    Object.assign(track, { kind: "captions", src: `${base}/film.vtt`, label: "Captions", default: true });
    video.append(track);
    video.addEventListener("error", () => {
      this.film.replaceChildren(element("p", "The film is not where it was: its file was moved or deleted."));
    });
    const files = element("p");
    for (const [name, label] of Object.entries(FILES)) {
      const anchor = element("a", label);
      Object.assign(anchor, { href: `${base}/${name}?download`, download: "" });
      files.append(anchor);
    }
    this.film.append(video, files);
    this.body.append(this.film);
  }
}

/** @param {string} tag @param {string} [text] @returns {any} */
function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function traits(state) {
  const { scenes, log, ...rest } = state;
  const stages = rest.stages.map((stage) => ({ ...stage, label: LABELS[stage.name] ?? stage.name }));
  return { _snapshot: { ...rest, stages }, _log: log, _beat: 0 };
}

/** What the server has at `path`, null when it does not answer. @param {string} path */
async function get(path) {
  try {
    const answer = await fetch(path, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Tell a screen reader of a change of state: of no other, or it would never be silent. */
function announce({ title, status }) {
  if (listed) part("news").textContent = `${title}: ${STATUS[status]}`;
}

/** Put a job in its place: above what runs, then what waits, then what is `new`; below what is over. */
async function add(state, isNew) {
  const job = new JobOnPage(state);
  jobs.set(state.jobId, job);
  if (state.status === "queued") {
    const ahead = [...part("jobs").children].findLast((item) => !ENDED.has(jobs.get(item.dataset.job).state.status));
    job.fold();
    if (ahead) ahead.after(job.item);
    else part("jobs").prepend(job.item);
  } else if (ENDED.has(state.status) && !isNew) {
    job.fold();
    history.add(job.item, job.line.textContent);
  } else {
    part("jobs").prepend(job.item);
    makeRoom();
    await job.open();
  }
}

/** Of what is over, leave the newest few open above, and what somebody watches. */
function makeRoom() {
  const above = [...part("jobs").children].map((item) => jobs.get(item.dataset.job));
  const over = above.filter(({ state, watched }) => ENDED.has(state.status) && !watched);
  for (const job of over.slice(KEPT_OPEN).reverse()) {
    job.fold();
    history.add(job.item, job.line.textContent);
  }
  history.draw();
}

/** What runs, in the window's title; and which parts of the page there are. */
function summarise() {
  const above = [...part("jobs").children].map((item) => jobs.get(item.dataset.job).state);
  const [running, ...others] = above.filter(({ status }) => status === "running" || status === "cancelling");
  const more = others.length ? ` (+${others.length})` : "";
  const named = above.map(({ title, status }) => `${STATUS[status]} – ${title}`);
  const now = running ? `${Math.floor(running.percent)} % – ${running.title}${more}` : (named[0] ?? TITLE);
  document.title = stands === "lost" || stands === "refused" ? `Not connected – ${TITLE}` : now;
  part("now-title").textContent = above.every(({ status }) => ENDED.has(status)) ? "Latest" : "In the making";
  part("now").hidden = !above.length;
  part("none").hidden = !listed || jobs.size > 0;
}

const link = new Link({
  /** @param {{jobs: any[], control: boolean}} found */
  async listed(found) {
    document.body.dataset.control = String(Boolean(found.control));
    // Where nothing is on its way, the newest is what one came to see.
    const newest = found.jobs.every(({ status }) => ENDED.has(status)) ? found.jobs[0] : null;
    for (const state of found.jobs.toReversed()) {
      const known = jobs.get(state.jobId);
      if (known) await known.listed(state);
      else await add(state, state === newest);
    }
    listed = true;
    history.draw();
    summarise();
  },

  async happened(event) {
    const known = jobs.get(event.jobId);
    if (known) return known.happened(event);
    const state = await get(`api/jobs/${event.jobId}`);
    if (!state) return;
    await add(state, true);
    announce(state);
    summarise();
  },

  stands(state) {
    stands = state;
    part("link").dataset.state = state;
    part("link").textContent = STANDS[state];
    summarise();
  },
});

/** @type {Model|null} */
let machine = null;

/** The machine's load; nobody asks for what nobody sees. */
async function measure() {
  if (document.hidden) return;
  const found = await get("api/metrics/system");
  if (machine) {
    // No answer: whether it is paused nobody knows, but that the figures are old.
    machine.set("_reading", found ?? { ...machine.get("_reading"), paused: false, stale: true });
  } else if (found) {
    machine = new Model("", { _reading: found });
    resourceBar.render({ model: machine, el: part("load") });
  }
}

/** A sign of life for every view, as long as the server gives one. */
function beat() {
  if (stands === "live" || stands === "polling") for (const job of jobs.values()) job.model?.tell("change:_beat");
}

document.addEventListener("visibilitychange", measure);
setInterval(measure, BEAT_MS);
setInterval(beat, BEAT_MS);
measure();
link.start();
