// The way to the kernel: what is asked arrives once and in order, also when a message is lost or the kernel is busy.
import { feel, post } from "../pulse.js";

const TYPING_MS = 180;
const RESEND_MS = 2000;
const SILENT_MS = 6000;
// The kernel beats for a page that said within a minute that it is there.
const HERE_MS = 20_000;

/** @param {any} model @param {() => void} changed called when the kernel falls silent or goes, or speaks again
 * @param {string[]} told the traits that tell of a living kernel */
export function connect(model, changed, told) {
  // Not crypto.randomUUID: a server without HTTPS has none.
  const page = Math.random().toString(36).slice(2);
  /** @type {Map<string, object>} */
  const typed = new Map();
  /** @type {{of: string, message: object, number: number}[]} */
  let unheard = [];
  let number = 0;
  let since = 0;
  let pause = RESEND_MS;
  let silent = false;
  let typing = 0;
  let resending = 0;
  let gone = false;
  let here = 0;
  const pulse = feel(model, check, told);

  function check() {
    if (Date.now() - here > HERE_MS) sayHere();
    if (pulse.gone() === gone) return;
    gone = !gone;
    changed();
  }

  function sayHere() {
    if (document.hidden) return;
    here = Date.now();
    post(model, { type: "here" });
  }

  /** @param {object} message @param {string} [of] */
  function send(message, of = "") {
    number += 1;
    const whole = { ...message, page, number };
    unheard.push({ of, message: whole, number });
    if (unheard.length === 1) since = Date.now();
    say(whole);
    if (!resending) resending = setTimeout(resend, pause);
  }

  /** A kernel that does not know this page begins with the oldest that it is asked for. @param {object} message */
  function say(message) {
    post(model, { ...message, oldest: unheard[0].number });
  }

  function resend() {
    resending = 0;
    if (!unheard.length) return;
    for (const one of unheard) say(one.message);
    // A kernel that is busy with a cell hears all of them afterwards: ever more seldom.
    pause = Math.min(2 * pause, 60_000);
    resending = setTimeout(resend, pause);
    tellSilence();
  }

  function tellSilence() {
    const now = unheard.length > 0 && Date.now() - since > SILENT_MS;
    if (now === silent) return;
    silent = now;
    changed();
  }

  function hear() {
    const heard = model.get("_heard")[page] ?? 0;
    const before = unheard.length;
    unheard = unheard.filter((one) => one.number > heard);
    if (unheard.length < before) {
      since = Date.now();
      pause = RESEND_MS;
    }
    tellSilence();
  }

  /** Send what was typed and not sent yet. */
  function flush() {
    clearTimeout(typing);
    for (const [of, message] of typed) send(message, of);
    typed.clear();
  }

  /** Ask the kernel for something. @param {object} message */
  function ask(message) {
    flush();
    send(message);
  }

  /** Tell the kernel what stands in a control, once typing rests. @param {string} of @param {object} message */
  function edit(of, message) {
    typed.set(of, message);
    clearTimeout(typing);
    typing = setTimeout(flush, TYPING_MS);
  }

  /** Whether the kernel does not know yet what stands in the control `of`. @param {string} of */
  function ahead(of) {
    return typed.has(of) || unheard.some((one) => one.of === of);
  }

  model.on("change:_heard", hear);
  document.addEventListener("visibilitychange", sayHere);
  sayHere();
  return {
    ask,
    edit,
    flush,
    ahead,
    silent: () => silent,
    gone: () => gone,
    end() {
      flush();
      clearTimeout(resending);
      pulse.end();
      document.removeEventListener("visibilitychange", sayHere);
      model.off("change:_heard", hear);
    },
  };
}
