// One job on the observer page: a line, or the notebook's own view of it and the film that came of it.

import jobView from "./job_view.js";
import { fold } from "./fold.js";

export const ENDED = new Set(["completed", "failed", "cancelled", "crashed"]);
export const STATUS = {
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
const MOVED = "The film is not where it was: its file was moved or deleted.";
const UNANSWERED = "The server did not answer when it was asked for the film: load this page again once it does.";
const DRAW_MS = 100;
const ANSWER_MS = 10000;
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** What a view takes for its widget's model: traits that change, and messages both ways. */
export class Model {
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

/** A job: one line until it runs or is opened, then the whole view. */
export class JobOnPage {
  /** @param {any} state as `GET api/jobs` or `GET api/jobs/{id}` gives it @param {() => void} drawn told each time */
  constructor(state, drawn) {
    this.state = state;
    this.told = drawn;
    this.item = element("li");
    this.item.dataset.job = state.jobId;
    /** Where the view and the film are. */
    this.body = this.item;
    this.model = null;
    this.film = null;
    this.close = () => {};
    this.due = 0;
    this.drawn = 0;
    /** What happens while the whole state is on its way: a list for each time it was asked for. @type {Set<any[]>} */
    this.meanwhile = new Set();
  }

  get over() {
    return ENDED.has(this.state.status);
  }

  get active() {
    return this.state.status === "running" || this.state.status === "cancelling";
  }

  get inUse() {
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
    const when = element("time", created ? WHEN.format(new Date(created)) : "");
    this.line?.replaceChildren(name, how, when);
  }

  /** Show all, without a line that hides it. */
  async unfold() {
    if (this.model) return;
    this.body = this.item;
    this.item.replaceChildren();
    await this.open();
  }

  /** Show all there is. */
  async open() {
    if (this.model) return;
    this.model = new Model(this.state.jobId, traits(this.state));
    await this.load();
    this.box = element("div");
    this.body.append(this.box);
    // Who watched the film while it was made goes on with the whole from there.
    this.box.addEventListener("aura-watched", ({ detail }) => {
      this.watched = detail;
    });
    const forget = jobView.initialize({ model: this.model });
    const remove = jobView.render({ model: this.model, el: this.box });
    this.close = () => [remove, forget].forEach((end) => end());
    // The page says what changes itself, and of which job.
    this.box.querySelector(".aura-status")?.removeAttribute("role");
    this.draw();
  }

  /** The whole state from the server, scenes and log included, and what happened meanwhile. */
  async load() {
    const meanwhile = /** @type {any[]} */ ([]);
    this.meanwhile.add(meanwhile);
    const found = (await get(`api/jobs/${this.state.jobId}`)) ?? this.state;
    this.meanwhile.delete(meanwhile);
    const state = meanwhile.reduce(fold, { ...found, created: this.state.created });
    // It was asked for twice, and what was asked first came last.
    if (state.seq >= this.state.seq) this.state = state;
  }

  /** Take the state of a list, which leaves scenes and log out. */
  async listed(state) {
    if (state.seq <= this.state.seq) return;
    if (this.model) await this.load();
    else this.state = state;
    this.draw();
  }

  happened(event) {
    for (const list of this.meanwhile) list.push(event);
    this.state = fold(this.state, event);
    this.draw();
  }

  draw() {
    this.due ||= setTimeout(
      () => {
        this.due = 0;
        this.drawn = Date.now();
        if (this.body !== this.item) this.drawLine();
        if (this.model) this.drawView();
        this.told();
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
    Object.assign(video, { controls: true, src: `${base}/film.mp4` });
    video.setAttribute("aria-label", title);
    video.style.aspectRatio = `${film.width} / ${film.height}`;
    const track = element("track");
    Object.assign(track, { kind: "captions", src: `${base}/film.vtt`, label: "Captions", default: true });
    video.append(track);
    const [first] = this.state.scenes;
    if (first?.thumbnail) video.poster = `data:image/jpeg;base64,${first.thumbnail}`;
    loadAlone(video);
    const files = element("p");
    for (const [name, label] of Object.entries(FILES)) {
      const anchor = element("a", label);
      Object.assign(anchor, { href: `${base}/${name}?download`, download: "" });
      files.append(anchor);
    }
    this.film.append(video, files);
    const shown = this.film;
    video.addEventListener("error", async () => {
      const why = await whyNot(video.src);
      if (why === MOVED) shown.replaceChildren(element("p", why));
      else video.replaceWith(element("p", why));
    });
    this.body.append(this.film);
    if (!this.watched) return;
    video.currentTime = this.watched.seconds;
    video.scrollIntoView({ block: "nearest" });
    if (this.watched.focused) video.focus();
    if (this.watched.playing) video.play().catch(() => {});
    this.watched = null;
  }
}

/** @type {HTMLVideoElement|null} */
let loaded = null;

/** Load the beginning of this film and of no other that nobody plays: each holds one of the six connections that
 * a browser has for the whole page. @param {HTMLVideoElement} video */
function loadAlone(video) {
  if (loaded?.paused && !loaded.currentTime) {
    loaded.preload = "none";
    loaded.load();
  }
  loaded = video;
  video.preload = "metadata";
}

/** @param {string} tag @param {string} [text] @returns {any} */
function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function traits(state) {
  const { scenes, pieces, log, ...rest } = state;
  const stages = rest.stages.map((stage) => ({ ...stage, label: LABELS[stage.name] ?? stage.name }));
  return { _snapshot: { ...rest, stages }, _log: log, _beat: 0 };
}

/** Why the film at `path` does not play. @param {string} path */
async function whyNot(path) {
  const answer = await fetch(path, { method: "HEAD", signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
  if (answer?.status === 404) return MOVED;
  return answer?.ok ? "This browser cannot play this film: a video player may." : UNANSWERED;
}

/** What the server has at `path`, null when it does not answer. @param {string} path */
export async function get(path) {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
