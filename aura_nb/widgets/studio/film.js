// The film: whether it can be made here, the jobs that make it, and what came of it.
import { element, setText } from "../elements.js";
import { FilmPlayer } from "../film_player.js";
import { STALE, button, clock, fold, keep, words, workLine } from "./dom.js";
import { table } from "./tables.js";

export const ENDED = ["completed", "failed", "cancelled", "crashed"];
const MARK = { Pass: "✓", Warn: "!", Fail: "✗" };

/** @param {any} ui */
export function filmPanel(ui) {
  const root = element("div", "as-panel-inner");
  const intro = element("p", "as-note");
  const make = button("Make the film", () => ui.makeFilm(), "primary");
  const check = button("Check this machine", () => ui.busy("check") || ui.link.ask({ type: "check" }));
  const top = element("div", "as-foot as-top");
  top.append(intro, check, make);
  const making = workLine(() => ui.link.ask({ type: "cancel", work: "make" }));
  const checking = workLine();
  const checks = element("ul", "as-checks", "", { "aria-label": "Checks of this machine" });
  const jobs = element("div", "as-jobs");
  const result = element("div", "as-result");
  const past = element("div", "as-jobs");
  const earlier = fold("Earlier jobs", past);
  root.append(top, making.root, checking.root, checks, jobs, result, earlier.root);
  const views = new Map();
  const pastViews = new Map();
  let drawnChecks = "";
  /** @type {FilmPlayer|null} */
  let player = null;
  let drawnFilm = "";

  function drawChecks(found) {
    checks.hidden = !found.length;
    const key = JSON.stringify(found);
    if (key === drawnChecks) return;
    drawnChecks = key;
    checks.replaceChildren(
      ...found.map(({ name, status, detail, hint }) => {
        const line = element("li", "as-check-line");
        line.dataset.status = status;
        const said = element("span", "as-check-said", detail);
        if (hint) said.append(" ", words("strong", "", hint));
        line.append(element("span", "as-mark", MARK[status], { "aria-label": status, role: "img" }), element("span", "as-check-name", name), said);
        return line;
      }),
    );
  }

  function jobSlot(job) {
    const slot = element("div", "as-job");
    slot.append(element("p", "as-note", `“${job.title}” is being made. Where this page cannot show it live, show studio.job in a cell.`));
    return { root: slot, end: ui.embed(job.model, slot) };
  }

  function drawFilm(film) {
    result.hidden = !film;
    const key = film?.key ?? "";
    if (key !== drawnFilm) {
      drawnFilm = key;
      player?.close();
      player = film && new FilmPlayer(ui.model, key, film);
      result.replaceChildren(...(film ? about(film) : []));
    }
    player?.poster(ui.media("film", key));
  }

  function about(film) {
    const facts = `${clock(film.seconds)} · ${film.size.join(" × ")}${film.captions ? " · captions" : ""}`;
    const heading = element("h4", "as-result-title", film.title);
    heading.append(element("span", "as-hint", facts));
    const parts = [heading, player.root];
    if (film.warnings.length) {
      const notes = element("ul", "as-notes");
      notes.append(...film.warnings.map((line) => element("li", "", line)));
      parts.push(notes);
    }
    if (film.timings.length) parts.push(timings(film.timings));
    return parts;
  }

  function timings(rows) {
    const head = ["Stage", "Seconds", "CPU", "Items", "Cached", "× realtime", "By"];
    const cells = rows.map((row) => [
      row.stage,
      row.seconds.toFixed(1),
      row.cpu.toFixed(1),
      row.items,
      row.cached,
      row.realtime ?? "–",
      row.failed ? `${row.provider} for ${row.failed}` : row.provider || "–",
    ]);
    return table("Where the time went", head, cells, [1, 2, 3, 4, 5], [2, 5, 6]);
  }

  /** Before the film what makes it, and after it what was made before. */
  function drawJobs(shown) {
    const over = shown.filter((job, place) => place && ENDED.includes(job.status));
    for (const { id } of over.filter((job) => views.has(job.id))) {
      pastViews.set(id, views.get(id));
      views.delete(id);
    }
    keep(jobs, shown.filter((job) => !over.includes(job)), (job) => job.id, views, jobSlot);
    keep(past, over, (job) => job.id, pastViews, jobSlot);
    earlier.root.hidden = !over.length;
    setText(earlier.hint, String(over.length));
  }

  function draw() {
    const { scenes, stale } = ui.get("script");
    const shown = ui.get("jobs");
    const running = shown.some((job) => !ENDED.includes(job.status));
    setText(intro, stale ? STALE : scenes.length ? "" : "The script is written first, as there is none yet.");
    make.setAttribute("aria-disabled", String(ui.busy("make")));
    make.className = `as-button as-${running ? "plain" : "primary"}`;
    setText(make, running ? "Make another" : "Make the film");
    check.setAttribute("aria-disabled", String(ui.busy("check")));
    making.draw(ui.get("works").make);
    checking.draw(ui.get("works").check);
    drawChecks(ui.get("checks"));
    drawJobs(shown);
    drawFilm(ui.get("film"));
  }

  function end() {
    player?.close();
    for (const view of [...views.values(), ...pastViews.values()]) view.end();
  }

  return { root, draw, end };
}
