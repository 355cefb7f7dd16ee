// The brief, and everything that can be chosen beside it: a field for each field of the models.
import { element } from "../elements.js";
import { STALE, button, capital, fold, workLine } from "./dom.js";
import { field } from "./fields.js";

/** @param {any} ui */
export function briefPanel(ui) {
  const root = element("div", "as-panel-inner");
  const { parts, profiles } = ui.get("fixed");
  const fields = new Map();
  const folds = new Map();
  for (const part of parts) {
    const grid = element("div", "as-grid");
    if (part.name === "profile") grid.append(profileLine(profiles));
    for (const control of part.controls) {
      const key = `${part.name}.${control.name}`;
      const edited = (value) => ui.link.edit(key, { type: "edit", key, value });
      const one = field(control, edited, () => ui.link.ahead(key), part.name === "brief" ? "" : part.title);
      fields.set(key, { ...one, control });
      grid.append(one.root);
    }
    if (part.name === "brief") {
      // What the film tells comes first, and large; the other boxes share a line.
      const boxes = part.controls.filter((control) => control.rows > 2);
      boxes.forEach(({ name }, place) => {
        fields.get(`brief.${name}`).root.dataset.span = place ? "3" : "6";
      });
      grid.classList.add("as-brief");
      root.append(grid);
    } else {
      const { root: folded, hint } = fold(part.title, grid);
      folds.set(part.name, { folded, hint, controls: part.controls });
      root.append(folded);
    }
  }
  const work = workLine(() => ui.link.ask({ type: "cancel", work: "write" }));
  const write = button("Write the script", askToWrite, "primary");
  const on = button("Edit the script", () => ui.go("script"), "primary");
  const notice = element("p", "as-note");
  const foot = element("footer", "as-foot");
  foot.append(notice, write, on);
  root.append(work.root, foot);

  function profileLine(names) {
    const line = element("div", "as-profiles", "", { role: "group", "aria-label": "Named profiles" });
    line.append(element("span", "as-label", "Take the chains of"));
    for (const name of names) line.append(button(name, () => ui.link.ask({ type: "profile", name }), "plain", `Profile ${name}`));
    return line;
  }

  function askToWrite() {
    if (ui.busy("write") || ui.busy("make")) return;
    ui.link.ask({ type: "write" });
    ui.after("write", (error) => (error ? showWrong() : ui.go("script")));
  }

  /** Lead to the first field that is to be mended. */
  function showWrong() {
    const { issues } = ui.get("form");
    const first = [...fields].find(([key]) => issues[key])?.[1];
    if (!first) return;
    const folded = first.root.closest("details");
    if (folded) folded.open = true;
    first.input.focus();
  }

  function draw() {
    const { shown, issues, proposals } = ui.get("form");
    const { scenes, stale } = ui.get("script");
    for (const [key, one] of fields) one.draw(shown[key], issues[key], proposals[key]);
    for (const [name, { folded, hint, controls }] of folds) {
      const wrong = controls.filter((control) => issues[`${name}.${control.name}`]).length;
      hint.textContent = wrong ? `${wrong} to mend` : summary(name, controls, shown);
      folded.classList.toggle("as-wrong", wrong > 0);
    }
    const writing = ui.busy("write");
    write.textContent = scenes.length ? "Write it again" : "Write the script";
    write.className = `as-button as-${scenes.length ? "plain" : "primary"}`;
    write.setAttribute("aria-disabled", String(writing));
    on.hidden = !scenes.length;
    notice.textContent = stale
      ? STALE
      : scenes.length
        ? ""
        : "Only the topic is required. Points and notes are what the film tells.";
    work.draw(ui.get("works").write);
  }

  /** @param {string} name @param {any[]} controls @param {Record<string, any>} shown */
  function summary(name, controls, shown) {
    const units = { seconds: " s", height: "p", fps: " fps" };
    const words = controls
      .filter((control) => ["choice", "names"].includes(control.kind) || units[control.name])
      .map((control) => [shown[`${name}.${control.name}`], units[control.name] ?? ""])
      .filter(([value]) => value !== null && value !== "")
      .map(([value, unit]) => String(value).split(",")[0] + unit);
    return capital(words.slice(0, 4).join(" · "));
  }

  return { root, draw };
}
