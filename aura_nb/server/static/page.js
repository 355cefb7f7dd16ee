// The observer page: all jobs, live. It shows each by the notebook's own view, fed by the link to the server.

import resourceBar from "./resource_bar.js";
import { History } from "./history.js";
import { ENDED, JobOnPage, Model, STATUS, get } from "./job.js";
import { Link } from "./link.js";

/** How the link stands, in words. */
const STANDS = {
  connecting: "Connecting…",
  live: "Live",
  polling: "Live, asking every 2 s: something on the way holds streams back",
  lost: "The server does not answer. Trying again…",
  refused: "This link is not valid any more. Open the one the kernel printed last.",
};
const BEAT_MS = 2000;
/** So many jobs that are over stay open while others begin. */
const KEPT_OPEN = 3;
const TITLE = document.title;

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The jobs on the page by id. @type {Map<string, JobOnPage>} */
const jobs = new Map();
const history = new History(part("earlier"));
let stands = "connecting";
let listed = false;

/** Tell a screen reader of a change of state: of no other, or it would never be silent. */
function announce({ title, status }) {
  if (listed) part("news").textContent = `${title}: ${STATUS[status]}`;
}

/** The jobs above the line, as they are seen. */
const above = () => [...part("jobs").children].map((item) => jobs.get(item.dataset.job));

/** Put a job in its place: above what runs, then what waits, then what came to its end just now;
 * below what was over before. */
async function add(state, justNow) {
  const job = new JobOnPage(state, summarise);
  jobs.set(state.jobId, job);
  if (state.status === "queued") {
    const ahead = above().findLast(({ over }) => !over);
    job.fold();
    if (ahead) ahead.item.after(job.item);
    else part("jobs").prepend(job.item);
  } else if (job.over && !justNow) {
    keep(job);
  } else {
    await raise(job);
  }
}

/** Show all of a job, above all others. */
async function raise(job) {
  part("jobs").prepend(job.item);
  // The newest few that are over stay open, and what somebody watches.
  const over = above().filter((one) => one.over && !one.inUse && one !== job);
  over.slice(KEPT_OPEN).reverse().forEach(keep);
  history.draw();
  await job.unfold();
}

/** Make a line of a job that is over. */
function keep(job) {
  job.fold();
  history.add(job.item, job.line.textContent);
}

/** Let a job take what is new, and say so if its state is. */
async function update(job, news) {
  const { status } = job.state;
  await news();
  if (job.state.status === status) return;
  announce(job.state);
  if (job.active && !job.model) await raise(job);
}

/** What runs, in the window's title; and which parts of the page there are. */
function summarise() {
  const shown = above();
  const [running, ...others] = shown.filter(({ active }) => active).map(({ state }) => state);
  const more = others.length ? ` (+${others.length})` : "";
  const named = shown.map(({ state: { title, status } }) => `${STATUS[status]} – ${title}`);
  const now = running ? `${Math.floor(running.percent)} % – ${running.title}${more}` : (named[0] ?? TITLE);
  document.title = stands === "lost" || stands === "refused" ? `Not connected – ${TITLE}` : now;
  part("now-title").textContent = shown.every(({ over }) => over) ? "Latest" : "In the making";
  part("now").hidden = !shown.length;
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
      if (known) await update(known, () => known.listed(state));
      else await add(state, state === newest);
    }
    listed = true;
    history.draw();
    summarise();
  },

  async happened(event) {
    const known = jobs.get(event.jobId);
    if (known) return update(known, () => known.happened(event));
    const state = await get(`api/jobs/${event.jobId}`);
    if (!state) return;
    await add({ ...state, created: event.timestamp }, true);
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
