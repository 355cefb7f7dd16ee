// A job's state from its events: what `aura_nb.jobs.snapshot.fold` does, for a page. Tested against it.

const LOG_LINES = 50;
const WARNINGS = 100;

/** The state after `event`.
 * @param {any} state as `GET api/jobs/{id}` gives it @param {any} event as the stream does @returns {any} */
export function fold(state, event) {
  if (event.type === "gap") return event.data.state;
  if (event.seq <= state.seq) return state;
  const { data } = event;
  const next = {
    ...state,
    seq: event.seq,
    lastEventId: event.seq,
    correlationId: event.correlationId,
    timestamp: event.timestamp,
    status: event.status,
    percent: event.percent,
    elapsedSeconds: event.elapsedSeconds,
    etaSeconds: event.etaSeconds,
  };
  switch (event.type) {
    case "job-status":
      next.message = event.message;
      if ("title" in data) Object.assign(next, { title: data.title, retryOf: data.retryOf ?? null });
      break;
    case "step-status":
    case "step-progress":
      next.stage = event.stage;
      next.message = event.message;
      next.currentItem = event.currentItem;
      next.totalItems = event.totalItems;
      next.stages = withStage(state.stages, event);
      break;
    case "scene-ready":
      if (!("segment" in data)) next.scenes = withScene(state.scenes, data);
      else if (data.frames > 0) Object.assign(next, withPiece(state.pieces, data));
      break;
    case "warning":
      if (!state.warnings.includes(event.message)) {
        next.warnings = [...state.warnings, event.message].slice(-WARNINGS);
      }
      break;
    case "job-completed":
      Object.assign(next, completed(state, event));
      break;
    case "job-failed":
    case "job-cancelled":
      next.message = event.message;
      next.stages = state.stages.map((stage) => (stage.state === "running" ? { ...stage, state: "stopped" } : stage));
      if (event.type === "job-failed") {
        next.error = {
          message: event.message,
          remedy: data.remedy ?? "",
          type: data.error ?? "",
          code: data.code ?? "",
        };
      }
      break;
  }
  if (event.message && event.type !== "step-progress") {
    const line = { seconds: event.elapsedSeconds, text: event.message, warning: event.type === "warning" };
    next.log = [...state.log, line].slice(-LOG_LINES);
  }
  return next;
}

function withStage(stages, { type, stage: name, data, currentItem, totalItems }) {
  if (name === null) return stages;
  const blank = { name, state: "pending", seconds: null, cpuSeconds: null, done: null, total: null };
  const told = { cached: 0, provider: "", failed: "", peakMb: null };
  const known = stages.find((stage) => stage.name === name) ?? { ...blank, ...told };
  const before = currentItem === null ? null : Math.max(0, currentItem - 1);
  let stage = known;
  if (type === "step-status") {
    const state = ["done", "skipped"].includes(data.state) ? data.state : "running";
    const items = "items" in data ? data.items : totalItems;
    stage = {
      ...known,
      state,
      seconds: data.seconds ?? known.seconds,
      cpuSeconds: data.cpuSeconds ?? known.cpuSeconds,
      total: items ?? known.total,
      done: state === "done" && items !== null ? items : before,
      cached: data.cached ?? known.cached,
      provider: data.provider ?? known.provider,
      failed: data.failed ?? known.failed,
      peakMb: data.peakMb ?? known.peakMb,
    };
  } else if (known.state !== "done") {
    stage = { ...known, state: "running", done: before, total: totalItems };
  }
  return stages.includes(known) ? stages.map((one) => (one === known ? stage : one)) : [...stages, stage];
}

function withScene(scenes, data) {
  const scene = {
    scene: data.scene ?? scenes.length,
    heading: data.heading ?? "",
    thumbnail: data.thumbnail ?? "",
    cached: data.cached ?? false,
  };
  return [...scenes.filter((one) => one.scene !== scene.scene), scene].sort((a, b) => a.scene - b.scene);
}

function withPiece(before, { kind, segment, start, frames, fps }) {
  const pieces = [...before, { kind, segment, start, frames, fps }];
  const starting = new Map(pieces.filter(({ kind }) => kind === "body" || kind === "transition").map((one) => [one.start, one]));
  let end = 0;
  while (starting.has(end)) end += starting.get(end).frames;
  const heard = pieces.some((one) => one.kind === "sound");
  return { pieces, watchable: end && heard ? end / fps : 0 };
}

function completed(state, { data, message }) {
  const timings = new Map((data.stages ?? []).map((timing) => [timing.stage, timing]));
  const stages = state.stages.map((stage) => {
    const timing = timings.get(stage.name);
    if (!timing) return { ...stage, state: ["pending", "skipped"].includes(stage.state) ? "skipped" : "done" };
    const { seconds, cpuSeconds, items, cached, provider, failed, peakMb } = timing;
    const counted = { seconds, cpuSeconds, done: items, total: items, cached, provider, failed, peakMb: peakMb ?? null };
    return { ...stage, state: "done", ...counted };
  });
  const film = "film" in data ? { path: data.film, seconds: data.seconds, width: data.width, height: data.height } : null;
  return { message, stages, film, error: null };
}
