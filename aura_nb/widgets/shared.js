// Finds a widget's front end in the model that all widgets of its kind share, and runs it as if it were its own.

const TRIES = 50;
const PAUSE_MS = 200;

/** After a reload the page gets its models back in any order.
 * @param {any} model */
async function frontEnd(model) {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await model.widget_manager.get_model(model.get("_front_end"));
    } catch (error) {
      if (!left) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** The widget that `_esm` would have been, and its style. */
async function load(model) {
  const shared = await frontEnd(model);
  const url = URL.createObjectURL(new Blob([shared.get("module")], { type: "text/javascript" }));
  const widget = (await import(url)).default;
  URL.revokeObjectURL(url);
  return { widget, style: shared.get("style") };
}

/** Initialize the widget once it is here, and have it hear what came meanwhile: a busy kernel says nothing twice. */
async function begin(given) {
  const { model } = given;
  const early = /** @type {any[][]} */ ([]);
  const keep = (...message) => early.push(message);
  model.on("msg:custom", keep);
  const { widget, style } = await load(model);
  model.off("msg:custom", keep);
  const on = (name, heed) => {
    model.on(name, heed);
    if (name === "msg:custom") for (const message of early) heed(...message);
  };
  const end = widget.initialize?.({ ...given, style, model: { ...model, on } });
  // Heard by now. Of a film that another page fetches they are megabytes.
  early.length = 0;
  return { widget, style, end: await end };
}

export default () => {
  let begun;
  return {
    // Not awaited: a model that is not ready after two seconds hears nothing more from its kernel.
    initialize(given) {
      begun = begin(given);
      begun.catch(() => {}); // Each view tells.
      return async () => (await begun).end?.();
    },
    async render(given) {
      const { widget, style } = await begun;
      const sheet = document.createElement("style");
      sheet.textContent = style;
      given.el.append(sheet);
      const end = await widget.render(given);
      // The document before it, as `live.py` says, gives way to it.
      given.el.classList.add("aura-live");
      return () => {
        end?.();
        sheet.remove();
      };
    },
  };
};
