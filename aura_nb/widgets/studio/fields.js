// One field of a form: a label, a control, what it is, and what is wrong with it beside it.
import { element, setText } from "../elements.js";
import { capital, newId, words } from "./dom.js";

/** As in `studio/controls.py`.
 * @typedef {{name: string, label: string, kind: string, help: string, options: any[], minimum: number|null,
 *            maximum: number|null, rows: number, optional: boolean, required: boolean}} Control */
/** @typedef {{message: string, remedy: string}} Issue */

/** @param {Control} control @param {(shown: any) => void} edited @param {() => boolean} ahead
 * @param {string} [of] what the field belongs to, for those who hear its name and do not see where it is */
export function field(control, edited, ahead, of = "") {
  const id = newId("field");
  const root = element("div", "as-field");
  root.dataset.kind = control.kind;
  root.dataset.name = control.name;
  root.dataset.span = String(spanOf(control));
  const label = element("label", "as-label", control.label, { for: id });
  if (control.required) label.append(element("span", "as-required", "required", { "aria-hidden": "true" }));
  const input = controlFor(control, id);
  if (of) input.setAttribute("aria-label", `${control.label}, ${of}`);
  if (control.required) input.setAttribute("aria-required", "true");
  const issue = element("p", "as-issue", "", { id: `${id}-issue`, "aria-live": "polite" });
  const hint = helpOf(control);
  const help = words("p", "as-help", hint);
  help.id = `${id}-help`;
  const proposals = element("datalist", "", "", { id: `${id}-list` });
  if (control.kind === "switch") {
    const line = element("div", "as-switch");
    line.append(input, label);
    root.append(line);
  } else {
    root.append(label, input);
  }
  root.append(issue);
  if (hint) root.append(help);
  input.setAttribute("aria-describedby", hint ? `${id}-issue ${id}-help` : `${id}-issue`);
  input.addEventListener(control.kind === "choice" || control.kind === "switch" ? "change" : "input", () =>
    edited(read(control, input)),
  );
  let offered = "";

  /** @param {any} shown @param {Issue|undefined} wrong @param {string[]} [names] */
  function draw(shown, wrong, names = []) {
    if (!ahead()) write(control, input, shown);
    setText(issue, wrong ? `${capital(wrong.message)}. ${wrong.remedy}` : "");
    root.classList.toggle("as-wrong", Boolean(wrong));
    input.setAttribute("aria-invalid", String(Boolean(wrong)));
    if (names.join() === offered) return;
    offered = names.join();
    if (control.kind === "names") {
      setText(help, `Tried in this order, by commas, of: ${names.join(", ")}.`);
      if (!help.isConnected) root.append(help);
      input.setAttribute("aria-describedby", `${id}-issue ${id}-help`);
    } else {
      proposals.replaceChildren(...names.map((name) => element("option", "", "", { value: name })));
      if (!proposals.isConnected) root.append(proposals);
      input.setAttribute("list", `${id}-list`);
    }
  }
  return { root, input, draw };
}

/** How many of six columns it takes. @param {Control} control */
function spanOf({ kind, rows, required, optional }) {
  if (required || kind === "lines" || kind === "table") return 6;
  return rows > 2 ? 6 : optional && kind === "text" ? 3 : 2;
}

/** @param {Control} control */
function helpOf({ help, kind, minimum, maximum }) {
  const range = minimum !== null && maximum !== null ? `${minimum} to ${maximum}.` : "";
  return [help, kind === "lines" ? "One a line." : "", kind === "table" ? "A row a line, cells by |." : "", range]
    .filter(Boolean)
    .join(" ");
}

/** @param {Control} control @param {string} id @returns {HTMLElement} */
function controlFor(control, id) {
  if (control.kind === "switch") return element("input", "as-check", "", { id, type: "checkbox" });
  if (control.kind === "choice") {
    const select = element("select", "as-control", "", { id });
    const options = control.optional ? [null, ...control.options] : control.options;
    select.append(...options.map((value) => element("option", "", nameOf(value), { value: JSON.stringify(value) })));
    return select;
  }
  if (control.rows) {
    const area = element("textarea", "as-control", "", { id, rows: String(control.rows) });
    area.style.setProperty("--as-rows", String(control.rows));
    return area;
  }
  const mode = control.kind === "number" ? { inputmode: "decimal" } : {};
  return element("input", "as-control", "", { id, type: "text", autocomplete: "off", ...mode });
}

/** @param {any} value */
function nameOf(value) {
  return value === null ? "Automatic" : capital(String(value));
}

/** @param {Control} control @param {any} input */
function read({ kind }, input) {
  return kind === "switch" ? input.checked : kind === "choice" ? JSON.parse(input.value) : input.value;
}

/** @param {Control} control @param {any} input @param {any} shown */
function write({ kind }, input, shown) {
  if (kind === "switch") {
    input.checked = Boolean(shown);
    return;
  }
  const text = kind === "choice" ? JSON.stringify(shown) : String(shown);
  if (input.value !== text) input.value = text;
}
