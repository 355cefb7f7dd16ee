// The script, scene by scene: what is said, what is shown, how long it lasts, and the order.
import { element, setText } from "../elements.js";
import { focusOf } from "../focus.js";
import { STALE, button, capital, clock, keep, newId, workLine } from "./dom.js";
import { field } from "./fields.js";

const WORDS = [
  { name: "heading", label: "Heading", kind: "text", help: "", rows: 0 },
  { name: "text", label: "Narration", kind: "text", help: "", rows: 5 },
].map((one) => ({ options: [], minimum: null, maximum: null, optional: false, required: false, ...one }));

/** @param {any} ui */
export function scriptPanel(ui) {
  const root = element("div", "as-panel-inner");
  const head = element("div", "as-length");
  const told = element("p", "as-told");
  const meter = element("div", "as-meter", "", { role: "meter", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": "Share of the planned length" });
  const fill = element("div", "as-meter-fill");
  meter.append(fill);
  head.append(told, meter);
  const notes = element("ul", "as-notes");
  const list = element("ol", "as-scenes", "", { "aria-label": "Scenes" });
  const empty = element("p", "as-empty", "There is no script yet. Write it from the brief, or add a scene of your own.");
  const works = element("div");
  const measuring = workLine(() => ui.link.ask({ type: "cancel", work: "measure" }));
  works.append(measuring.root);
  const add = button("Add a scene", () => {
    before = { scenes: new Set(nodes.keys()), focus: focusOf(root) };
    ui.link.ask({ type: "add" });
  });
  const make = button("Make the film", () => ui.makeFilm(), "primary");
  const foot = element("footer", "as-foot");
  foot.append(add, make);
  root.append(head, notes, empty, list, works, foot);
  const nodes = new Map();
  let open = "";
  let touched = false;
  /** What there was when a scene was asked for here. @type {{scenes: Set<string>, focus: Element|null}|null} */
  let before = null;

  function toggle(id) {
    touched = true;
    open = open === id ? "" : id;
    draw();
  }

  function draw() {
    const { scenes, seconds, planned, warnings, stale } = ui.get("script");
    if (!touched && !open && scenes.length) open = scenes[0].id;
    const added = before && scenes.find(({ id }) => !before.scenes.has(id));
    // Whoever went on elsewhere meanwhile is not called back.
    const waits = added && before.focus === focusOf(root);
    if (added) before = null;
    if (waits) [open, touched] = [added.id, true];
    keep(list, scenes, (scene) => scene.id, nodes, (scene) => sceneCard(ui, scene.id, toggle));
    scenes.forEach((scene, place) => nodes.get(scene.id).draw(scene, place, scenes.length, open === scene.id));
    if (waits) nodes.get(added.id).begin();
    empty.hidden = scenes.length > 0;
    make.hidden = !scenes.length;
    drawLength(seconds, planned, ui.busy("measure"));
    head.hidden = !scenes.length || !told.textContent;
    const lines = [...warnings, ...(stale ? [STALE] : [])];
    notes.replaceChildren(...lines.map((line) => element("li", "", line)));
    const measure = ui.get("works").measure;
    measuring.draw(measure?.error ? measure : undefined);
    make.setAttribute("aria-disabled", String(ui.busy("make")));
  }

  function drawLength(seconds, planned, busy) {
    const known = seconds !== null && planned;
    const share = known ? seconds / planned : 0;
    setText(told, known ? `${clock(seconds)} as spoken, ${clock(planned)} planned` : busy ? "Measuring how long it takes to say …" : "");
    fill.style.width = `${Math.min(100, 100 * share)}%`;
    meter.classList.toggle("as-off", known && Math.abs(share - 1) > 0.1);
    meter.hidden = !known;
    meter.setAttribute("aria-valuenow", String(Math.min(100, Math.round(100 * share))));
    meter.setAttribute("aria-valuetext", `${Math.round(100 * share)} %`);
  }

  return { root, draw };
}

/** @param {any} ui @param {string} id @param {(id: string) => void} toggle */
function sceneCard(ui, id, toggle) {
  const { cards } = ui.get("fixed");
  const root = element("li", "as-scene", "", { "data-id": id });
  const head = element("div", "as-scene-head");
  const title = button("", () => toggle(id), "quiet");
  title.classList.add("as-scene-title");
  const number = element("span", "as-number");
  const name = element("span", "as-scene-name");
  const length = element("span", "as-seconds");
  title.append(number, name, length);
  title.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !by) return;
    event.preventDefault();
    move(by);
  });
  const up = button("↑", () => move(-1), "quiet");
  const down = button("↓", () => move(1), "quiet");
  const again = button("Rewrite", () => ui.busy(`rewrite:${id}`) || ui.link.ask({ type: "rewrite", id }), "quiet");
  const remove = button("Remove", () => ui.link.ask({ type: "remove", id }), "quiet");
  const tools = element("div", "as-tools");
  tools.append(up, down, again, remove);
  head.append(title, tools);
  const body = element("div", "as-scene-body", "", { id: newId("scene") });
  title.setAttribute("aria-controls", body.id);
  const said = element("div", "as-said");
  const seen = element("div", "as-seen");
  const rewriting = workLine(() => ui.link.ask({ type: "cancel", work: `rewrite:${id}` }));
  body.append(said, seen);
  root.append(head, rewriting.root, body);

  const words = WORDS.map((control) => makeField(control, control.name));
  const voice = preview(ui, `voice:${id}`, "voice", "Hear it", "Hear it again");
  said.append(...words.map((one) => one.field.root), voice.root);

  const picture = preview(ui, `picture:${id}`, "picture", "Show the picture", "Draw it again");
  const kinds = Object.keys(cards);
  const kind = makeField({ ...WORDS[0], name: "kind", label: "Picture", kind: "choice", options: kinds }, "kind");
  const card = element("div", "as-card");
  seen.append(picture.root, kind.field.root, card);
  let drawnKind = "";
  /** @type {any[]} */
  let cardFields = [];
  let place = 0;
  let count = 0;

  function makeField(control, key) {
    const of = `scene:${id}:${key}`;
    const edited = (value) => ui.link.edit(of, { type: "edit-scene", id, name: key, value });
    return { key, field: field(control, edited, () => ui.link.ahead(of)) };
  }

  function move(by) {
    const to = Math.max(0, Math.min(count - 1, place + by));
    if (to === place) return;
    ui.link.ask({ type: "move", id, by });
    ui.announce(`“${name.textContent}” is now scene ${to + 1} of ${count}.`);
  }

  function draw(scene, at, of, opened) {
    [place, count] = [at, of];
    const shown = { ...scene.shown, kind: scene.kind };
    const wrong = Object.keys(scene.issues).length;
    setText(number, String(at + 1));
    setText(name, scene.shown.heading || "Untitled scene");
    setText(length, wrong ? `${wrong} to mend` : scene.seconds ? clock(scene.seconds) : "");
    length.classList.toggle("as-wrong", wrong > 0);
    title.setAttribute("aria-expanded", String(opened));
    title.setAttribute("aria-label", `Scene ${at + 1} of ${of}: ${name.textContent}`);
    up.setAttribute("aria-label", `Move scene ${at + 1} up`);
    down.setAttribute("aria-label", `Move scene ${at + 1} down`);
    again.setAttribute("aria-label", `Rewrite scene ${at + 1}`);
    again.title = "Have the writer write this scene anew; the others stay.";
    remove.setAttribute("aria-label", `Remove scene ${at + 1}`);
    // Not `disabled`: that would take the focus from whoever moves a scene to the end.
    up.setAttribute("aria-disabled", String(at === 0));
    down.setAttribute("aria-disabled", String(at === of - 1));
    body.hidden = !opened;
    root.classList.toggle("as-open", opened);
    rewriting.draw(ui.get("works")[`rewrite:${id}`]);
    if (scene.kind !== drawnKind) {
      drawnKind = scene.kind;
      cardFields = cards[scene.kind].map((control) =>
        makeField({ ...control, label: `${capital(control.name)} in the picture` }, `picture.${control.name}`),
      );
      card.replaceChildren(...cardFields.map((one) => one.field.root));
    }
    for (const one of [...words, kind, ...cardFields]) one.field.draw(shown[one.key], scene.issues[one.key]);
    voice.draw(at, opened);
    picture.draw(at, opened);
  }

  return { root, draw, begin: () => words[0].field.input.focus() };
}

/** What is to be seen or heard of a scene, and the button that makes it.
 * @param {any} ui @param {string} key @param {"voice"|"picture"} kind @param {string} first @param {string} again */
function preview(ui, key, kind, first, again) {
  const root = element("div", `as-preview as-${kind}`);
  const shown = kind === "picture" ? element("img", "as-image", "", { alt: "" }) : element("audio", "as-audio", "", { controls: "" });
  const frame = element("div", "as-frame");
  let listening = false;
  const made = button(first, () => {
    if (ui.busy(key)) return;
    listening = kind === "voice";
    ui.link.ask({ type: kind, id: key.split(":")[1] });
  });
  const note = element("p", "as-help");
  const work = workLine(() => ui.link.ask({ type: "cancel", work: key }));
  frame.append(shown);
  root.append(frame, made, note, work.root);

  function draw(place, opened) {
    if (!opened) {
      // Nobody sees it: of a script of forty scenes, one at a time is fetched. Nor is it listened to any more.
      listening = false;
      return;
    }
    const medium = ui.get("media")[key];
    const url = medium ? ui.media(key, medium.version) : "";
    frame.hidden = kind === "voice" && !url;
    shown.hidden = !url;
    if (url && shown.getAttribute("src") !== url) {
      shown.setAttribute("src", url);
      // A browser that plays nothing unasked leaves it to its own button.
      if (listening) /** @type {HTMLAudioElement} */ (shown).play().catch(() => {});
      listening = false;
    }
    const what = kind === "picture" ? `Picture of scene ${place + 1}` : `Voice of scene ${place + 1}`;
    shown.setAttribute(kind === "picture" ? "alt" : "aria-label", what);
    root.classList.toggle("as-stale", Boolean(medium?.stale));
    root.classList.toggle("as-none", !medium);
    setText(made, medium ? again : first);
    made.setAttribute("aria-label", `${medium ? again : first}: scene ${place + 1}`);
    made.setAttribute("aria-disabled", String(ui.busy(key)));
    const facts = medium ? [medium.stale ? "From before the last edit." : "", `By ${medium.by}${medium.seconds ? `, ${clock(medium.seconds)}` : ""}.`] : [];
    setText(note, [...facts, ...(medium?.notes ?? [])].filter(Boolean).join(" "));
    note.hidden = !medium;
    work.draw(ui.get("works")[key]);
  }
  return { root, draw };
}
