// The keys that are pressed in a widget are not Lab's: on a button there, `d d` would delete the cell, and `m` or
// Shift+Enter take its output away.

/** Keep the keys pressed in `root` from Lab, but for those with Ctrl or ⌘, as to save; what is returned ends that.
 * @param {HTMLElement} root */
export function keepKeys(root) {
  /** @param {KeyboardEvent} event */
  function mark(event) {
    const part = /** @type {Element} */ (event.target);
    const theirs = (event.ctrlKey || event.metaKey) && event.key !== "Enter";
    // Lab heeds it from the focus up to where a shortcut applies, which may be the focus itself.
    if (root.contains(part)) part.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  }
  // Before Lab, which listens at the document.
  window.addEventListener("keydown", mark, true);
  return () => window.removeEventListener("keydown", mark, true);
}
