// Whether the kernel is there. It beats as long as it lives, also while a cell holds it up.

/** Send `message` to the kernel, and say whether that can be done: Lab closes no model of a kernel that it starts anew,
 * it only takes their comms away. The pulse feels that a little later.
 * @param {any} model @param {object} message */
export function post(model, message) {
  try {
    model.send(message);
    return true;
  } catch {
    return false;
  }
}

const CHECK_MS = 1000;
// Counted in checks, not in clock time: a laptop that slept must not accuse its kernel.
const CHECKS_UNTIL_GONE = 8;

/** Feel for the beats of a model, and call `check` once a second.
 * @param {any} model @param {() => void} check @param {string[]} [others] traits that tell of a living kernel, too */
export function feel(model, check, others = []) {
  const traits = ["_beat", ...others];
  let missed = 0;
  const felt = () => {
    missed = 0;
  };
  // One event a call: marimo's model takes no list of names.
  for (const trait of traits) model.on(`change:${trait}`, felt);
  const timer = setInterval(() => {
    // A page that nobody sees may be left without beats, and needs a moment to get one when it is seen again.
    if (!document.hidden) missed += 1;
    else if (missed < CHECKS_UNTIL_GONE) missed = 0;
    check();
  }, CHECK_MS);
  return {
    gone: () => missed >= CHECKS_UNTIL_GONE,
    end() {
      clearInterval(timer);
      for (const trait of traits) model.off(`change:${trait}`, felt);
    },
  };
}
