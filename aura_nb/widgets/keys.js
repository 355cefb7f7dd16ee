// The keys that are pressed in a widget are not Lab's: on a button there, `d d` would delete the cell, `m` or
// Shift+Enter take its output away, and Ctrl+Z in a field would take back what was typed in the notebook's cells.

// By their codes, as Lab knows its shortcuts: on a Cyrillic keyboard, say, these keys write other letters.
const UNDO_AND_REDO = [90, 89];

/** Keep the keys pressed in `root` from Lab, but for those with Ctrl or ⌘ that mean the document, as to save;
 * what is returned ends that.
 * @param {HTMLElement} root */
export function keepKeys(root) {
  /** @param {KeyboardEvent} event */
  function mark(event) {
    const part = /** @type {Element} */ (event.target);
    const ours = event.key === "Enter" || UNDO_AND_REDO.includes(event.keyCode);
    const theirs = (event.ctrlKey || event.metaKey) && !ours;
    // Lab heeds it from the focus up to where a shortcut applies, which may be the focus itself.
    if (root.contains(part)) part.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  }

  /** From the moment Ctrl is down Lab forbids a field to undo by itself. @param {InputEvent} event */
  function undo(event) {
    if (event.inputType.startsWith("history") && root.contains(/** @type {Element} */ (event.target))) event.stopPropagation();
  }

  // Before Lab, which listens at the document and at the focus.
  window.addEventListener("keydown", mark, true);
  window.addEventListener("beforeinput", undo, true);
  return () => {
    window.removeEventListener("keydown", mark, true);
    window.removeEventListener("beforeinput", undo, true);
  };
}
