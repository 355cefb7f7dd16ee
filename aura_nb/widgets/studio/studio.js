// The Studio: five panels over one state, which is the kernel's. What is typed here is there a moment later.
import { element, setText } from "../elements.js";
import { focusOf, keepingFocus } from "../focus.js";
import { keepKeys } from "../keys.js";
import { briefPanel } from "./brief.js";
import { button, newId } from "./dom.js";
import { ENDED, filmPanel } from "./film.js";
import { connect } from "./link.js";
import { scriptPanel } from "./scenes.js";
import { historyPanel, providersPanel } from "./tables.js";

const PANELS = [
  ["brief", "Brief", briefPanel],
  ["script", "Script", scriptPanel],
  ["film", "Film", filmPanel],
  ["providers", "Providers", providersPanel],
  ["history", "History", historyPanel],
];
const PIECES = ["fixed", "form", "script", "works", "media", "checks", "providers", "history", "film", "jobs"];
/** What each panel draws of. */
const DRAWN = {
  brief: ["form", "script", "works"],
  script: ["script", "works", "media"],
  film: ["script", "works", "media", "checks", "film", "jobs"],
  providers: ["providers", "works"],
  history: ["history", "works"],
};
const SILENCE = "The kernel does not answer: it is busy with a cell. What is typed is sent again.";
const LOST =
  "The kernel stopped answering; this is the last it said, and what is typed now reaches nobody. " +
  "Run the cell again for a new Studio: its History has all jobs, and goes on from what they were asked for.";
const panelNames = PANELS.map(([name]) => name);

function render(given) {
  const { model, el } = given;
  let end = show();
  const change = () => {
    end();
    end = show();
  };
  model.on("change:_taken_off", change);
  return () => {
    model.off("change:_taken_off", change);
    end();
  };

  function show() {
    const why = model.get("_taken_off");
    if (!why) return work(given);
    const note = element("section", "aura-studio", "", { "aria-label": "Studio" });
    note.append(element("p", "as-taken-off", why));
    el.append(note);
    return () => note.remove();
  }
}

/** All that can be worked with. */
function work({ model, el, host }) {
  const root = element("section", "aura-studio", "", { "aria-label": "Studio" });
  const head = element("header", "as-head");
  const title = element("h3", "as-title");
  const status = element("p", "as-status-line", "", { role: "status" });
  const undo = button("Undo", takeBack, "quiet", "Undo the last change");
  head.append(title, status, undo);
  const tabs = element("div", "as-tabs", "", { role: "tablist", "aria-label": "Parts of the Studio" });
  const lost = element("p", "as-lost", LOST, { role: "alert", hidden: "" });
  // With the kernel go all controls at once, those of a job's own view too.
  const body = /** @type {HTMLFieldSetElement} */ (element("fieldset", "as-body"));
  root.append(head, lost, tabs, body);
  const panels = new Map();
  const waiting = new Map();
  const store = mediaStore(model, () => drawAll(["media", "film"]));
  // Counts where the user has gone: to another part, or into a field.
  let gone = 0;
  let now = panelNames.includes(model.get("_tab")) ? model.get("_tab") : "brief";
  let said = "";
  let newestJob = model.get("_jobs")[0]?.id;

  const ui = {
    model,
    link: connect(model, drawHead, [...PIECES, "heard"].map((piece) => `_${piece}`)),
    get: (piece) => model.get(`_${piece}`),
    busy: (name) => Boolean(model.get("_works")[name]?.busy),
    go,
    /** Call `then` with the error, if any, once the work that was just asked for is over and the user waits for it still. */
    after: (name, then) => waiting.set(name, { then, begun: false, from: gone }),
    announce(text) {
      said = text;
      drawHead();
    },
    makeFilm() {
      if (ui.busy("make")) return;
      ui.link.ask({ type: "make" });
      go("film");
    },
    media: (key, version) => store.url(key, version, () => ui.link.ask({ type: "media", key })),
    embed: (id, slot) => embed(model, host, id, slot),
  };

  for (const [name, label, make] of PANELS) {
    const id = newId(name);
    const tab = button(label, () => go(name), "quiet");
    for (const [key, value] of Object.entries({ role: "tab", id: `${id}-tab`, "aria-controls": id })) tab.setAttribute(key, value);
    tab.classList.add("as-tab");
    const panel = element("div", "as-panel", "", { role: "tabpanel", id, "aria-labelledby": `${id}-tab` });
    const part = make(ui);
    panel.append(part.root);
    tabs.append(tab);
    body.append(panel);
    panels.set(name, { tab, panel, part, label });
  }
  tabs.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    go(panelNames[(panelNames.indexOf(now) + by + panelNames.length) % panelNames.length]);
    panels.get(now).tab.focus();
  });

  function go(name) {
    ui.link.flush();
    const led = name !== now && panels.get(now).panel.contains(focusOf(root));
    if (name !== now) panels.get(name).part.opened?.();
    gone += 1;
    now = name;
    model.set("_tab", name);
    model.save_changes();
    drawTabs();
    panels.get(name).part.draw();
    // What had the focus is hidden now; and so it is told where one is.
    if (led) panels.get(name).tab.focus();
  }

  function drawTabs() {
    const count = ui.get("script").scenes.length;
    for (const [name, { tab, panel, label }] of panels) {
      const chosen = name === now;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      setText(tab, name === "script" && count ? `${label} (${count})` : label);
      panel.hidden = !chosen;
    }
  }

  function takeBack() {
    if (ui.link.gone()) return;
    ui.announce("");
    ui.link.ask({ type: "undo" });
  }

  function drawHead() {
    setText(title, ui.get("form").shown["brief.topic"].trim() || "New film");
    // What is measured while somebody types is told on the script's own panel: here it would be read out each time.
    const busy = Object.entries(ui.get("works")).find(([name, work]) => work.busy && name !== "measure")?.[1];
    // It is not read out once more when the work is over.
    if (busy) said = "";
    const gone = ui.link.gone();
    setText(status, gone ? "Kernel gone" : ui.link.silent() ? SILENCE : (busy?.says ?? said));
    root.classList.toggle("as-silent", gone || ui.link.silent());
    root.classList.toggle("as-gone", gone);
    lost.hidden = !gone;
    body.disabled = gone;
    undo.setAttribute("aria-disabled", String(gone || !ui.get("script").canUndo));
  }

  function goOnWaiting() {
    const works = ui.get("works");
    for (const [name, one] of waiting) {
      if (works[name]?.busy) one.begun = true;
      // A quick work may be over before this page hears that it began.
      else if (one.begun || !ui.link.ahead("")) {
        waiting.delete(name);
        if (one.from === gone) one.then(works[name]?.error ?? null);
      }
    }
  }

  /** A film that is begun, by code too, is shown to everyone but who is at work elsewhere in the Studio. */
  function showNewJob() {
    const [newest] = ui.get("jobs");
    // A page that was reloaded may learn only now of jobs that are long over.
    const begun = newest && newest.id !== newestJob && !ENDED.includes(newest.status);
    newestJob = newest?.id;
    if (begun && now !== "film" && !root.contains(focusOf(root))) go("film");
  }

  function drawAll(pieces) {
    keepingFocus(root, () => {
      drawHead();
      drawTabs();
      if (pieces.some((piece) => DRAWN[now].includes(piece))) panels.get(now).part.draw();
    });
  }

  const changes = Object.fromEntries(PIECES.map((piece) => [piece, () => drawAll([piece])]));
  // One event a call: marimo's model takes no list of names.
  for (const [piece, handler] of Object.entries(changes)) model.on(`change:_${piece}`, handler);
  model.on("change:_heard", goOnWaiting);
  model.on("change:_works", goOnWaiting);
  model.on("change:_jobs", showNewJob);
  // Whoever leaves a field to run a cell wants it to count there.
  root.addEventListener("focusout", ui.link.flush);
  root.addEventListener("focusin", () => (gone += 1));
  const giveKeysBack = keepKeys(root);
  el.append(root);
  drawTabs();
  drawHead();
  panels.get(now).part.draw();

  return () => {
    ui.link.end();
    giveKeysBack();
    for (const [piece, handler] of Object.entries(changes)) model.off(`change:_${piece}`, handler);
    model.off("change:_heard", goOnWaiting);
    model.off("change:_works", goOnWaiting);
    model.off("change:_jobs", showNewJob);
    store.end();
    for (const { part } of panels.values()) part.end?.();
    root.remove();
  };
}

/** Pictures, a film's poster among them, and voices as the kernel sends them, each asked for once.
 * @param {any} model @param {() => void} came */
function mediaStore(model, came) {
  const kept = new Map();
  const asked = new Map();

  function receive(message, buffers) {
    if (message.type !== "media") return;
    drop(message.key);
    const [bytes] = buffers ?? [];
    const url = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: message.kind })) : "";
    kept.set(message.key, { version: message.version, url });
    came();
  }

  function drop(key) {
    const url = kept.get(key)?.url;
    if (url) URL.revokeObjectURL(url);
    kept.delete(key);
  }

  model.on("msg:custom", receive);
  return {
    url(key, version, ask) {
      const have = kept.get(key);
      if (have?.version === version) return have.url;
      if (asked.get(key) !== version) {
        asked.set(key, version);
        ask();
      }
      // An older picture stays until the new one is here.
      return have?.url ?? "";
    },
    end() {
      model.off("msg:custom", receive);
      for (const key of [...kept.keys()]) drop(key);
    },
  };
}

/** Put the view of another widget into `slot`; where the front end cannot, what is there stays. What is returned
 * ends that view.
 * @param {any} model @param {any} host @param {string} id of its model @param {HTMLElement} slot */
function embed(model, host, id, slot) {
  const over = new AbortController();
  put(model, host, id, slot, over.signal).catch((error) => {
    console.warn("The Studio cannot show a job's own view here.", error);
  });
  return () => over.abort();
}

/** @param {any} model @param {any} host @param {string} id @param {HTMLElement} slot @param {AbortSignal} signal */
async function put(model, host, id, slot, signal) {
  const inner = element("div");
  // In its place before it is drawn: marimo looks from there where a view's style belongs.
  slot.append(inner);
  try {
    if (host?.getWidget) {
      const widget = await host.getWidget(`anywidget:${id}`);
      await widget.render({ el: inner, signal });
    } else {
      // anywidget before 0.11 has no host.
      const child = await model.widget_manager.get_model(id);
      const view = await model.widget_manager.create_view(child);
      inner.append(view.el);
      if (signal.aborted) view.remove();
      else signal.addEventListener("abort", () => view.remove());
    }
    slot.replaceChildren(inner);
  } catch (error) {
    inner.remove();
    throw error;
  }
}

export default { render };
