// What views are made of.

/** @param {string} tag @param {string} [name] @param {string} [text] @param {Record<string, string>} [attributes]
 * @returns {HTMLElement} */
export function element(tag, name = "", text = "", attributes = {}) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

/** @param {HTMLElement} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
