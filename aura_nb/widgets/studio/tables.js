// What there is to choose from and what there has been: the providers, and all jobs of this user.
import { element, setText } from "../elements.js";
import { button, clock, words, workLine } from "./dom.js";

// A date keeps its line.
const UNBROKEN = "\u2011";

/** @param {string} name @param {string[]} head @param {(string|number|HTMLElement)[][]} rows
 * @param {number[]} [numbers] the columns that are set as figures
 * @param {number[]} [minor] the columns that a narrow page leaves out
 * @param {string} [stack] "as-stack" where a very narrow page gives the last cell of a row a line of its own,
 * "as-stack as-titled" where the first, too */
export function table(name, head, rows, numbers = [], minor = [], stack = "") {
  const kind = (column) => [numbers.includes(column) ? "as-figure" : "", minor.includes(column) ? "as-minor" : ""].join(" ").trim();
  const wide = element("div", `as-table ${stack}`.trim(), "", { tabindex: "0", role: "region", "aria-label": name });
  const made = element("table");
  made.append(element("caption", "", name));
  const top = element("tr");
  top.append(...head.map((text, column) => element("th", kind(column), text, { scope: "col" })));
  const thead = element("thead");
  thead.append(top);
  const body = element("tbody");
  for (const cells of rows) {
    const row = element("tr");
    cells.forEach((cell, column) => {
      const place = element(column ? "td" : "th", kind(column), "", column ? {} : { scope: "row" });
      place.append(cell instanceof HTMLElement ? cell : String(cell));
      row.append(place);
    });
    body.append(row);
  }
  made.append(thead, body);
  wide.append(made);
  return wide;
}

/** @param {any} ui */
export function providersPanel(ui) {
  const root = element("div", "as-panel-inner");
  const note = element("p", "as-note");
  const refresh = button("Ask them now", () => ui.busy("providers") || ui.link.ask({ type: "providers", live: true }), "primary");
  const top = element("div", "as-foot as-top");
  top.append(note, refresh);
  const work = workLine();
  const place = element("div");
  root.append(top, work.root, place);
  let drawn = "";

  function draw() {
    const { depth, rows } = ui.get("providers");
    const live = depth === "live";
    setText(refresh, live ? "Ask them again" : "Ask them now");
    refresh.setAttribute("aria-disabled", String(ui.busy("providers")));
    setText(note, live ? "As they answered when they were asked." : "By their configuration only; nobody was asked yet.");
    work.draw(ui.get("works").providers);
    place.hidden = !rows.length;
    const key = JSON.stringify(rows);
    if (key === drawn) return;
    drawn = key;
    const cells = rows.map((row) => [
      row.provider,
      row.socket,
      row.local === null ? "–" : row.local ? "here" : "remote",
      status(row),
      row.latency === null ? "–" : `${Math.round(row.latency)} ms`,
      row.ready === false ? mending(row) : row.offers || "–",
    ]);
    place.replaceChildren(table("Providers", ["Provider", "Does", "Where", "Status", "Answered in", "Offers, or what mends it"], cells, [4], [2, 4], "as-stack"));
  }

  function status(row) {
    const told = element("span", "as-status", row.says);
    told.dataset.ready = String(row.ready === true);
    return told;
  }

  function mending({ message, remedy }) {
    const told = element("span", "", message);
    if (remedy) told.append(" ", words("strong", "", remedy));
    return told;
  }

  return { root, draw, opened: () => ui.get("providers").rows.length || ui.link.ask({ type: "providers", live: false }) };
}

/** @param {any} ui */
export function historyPanel(ui) {
  const root = element("div", "as-panel-inner");
  const note = element("p", "as-note", "All your jobs, those of past kernels included. Going on from one can be undone.");
  const refresh = button("Look again", () => ui.busy("history") || ui.link.ask({ type: "history" }));
  const top = element("div", "as-foot as-top");
  top.append(note, refresh);
  const works = ["history", "show", "open"].map((name) => [name, workLine()]);
  const place = element("div");
  const none = element("p", "as-empty", "Every film that is begun is listed here.");
  root.append(top, ...works.map(([, line]) => line.root), none, place);
  let drawn = "";

  function draw() {
    for (const [name, line] of works) line.draw(ui.get("works")[name]);
    const rows = ui.get("history");
    none.hidden = rows.length > 0;
    place.hidden = !rows.length;
    const key = JSON.stringify(rows);
    if (key === drawn) return;
    drawn = key;
    const cells = rows.map((row) => [row.title, status(row), row.created.replaceAll("-", UNBROKEN), row.filmSeconds ? clock(row.filmSeconds) : "–", clock(row.seconds), actions(row)]);
    place.replaceChildren(table("Jobs", ["Film", "Status", "Begun", "Length", "Made in", "Go on"], cells, [3, 4], [3, 4], "as-stack as-titled"));
  }

  function status(row) {
    const told = element("span", "as-status", row.status);
    told.dataset.ready = String(row.status === "completed");
    if (!row.error) return told;
    const both = element("span");
    both.append(told, element("span", "as-why", row.error));
    return both;
  }

  function actions(row) {
    const line = element("span", "as-actions");
    if (row.there) line.append(button("Show the film", () => show(row.id), "quiet", `Show the film: “${row.title}” of ${row.created}`));
    if (row.known) line.append(button("Edit it", () => goOn(row.id), "quiet", `Edit it: “${row.title}” of ${row.created}`));
    return line;
  }

  function show(job) {
    ui.link.ask({ type: "show", job });
    ui.after("show", (error) => error || ui.go("film"));
  }

  function goOn(job) {
    ui.link.ask({ type: "go-on", job });
    ui.after("open", (error) => error || ui.go("brief"));
  }

  return { root, draw, opened: () => ui.link.ask({ type: "history" }) };
}
