// Plays the films of a kernel in the page's own outputs, which are plain documents: a poster, or a video by a link.

import { element } from "./elements.js";
import { FilmPlayer } from "./film_player.js";
import { post } from "./pulse.js";

/** @typedef {import("./film_player.js").Film} Film */

/** @param {{model: any, style: string}} given */
function initialize({ model, style }) {
  const sheet = element("style");
  const open = /** @type {Map<Element, {player: FilmPlayer, before: Node[]}>} */ (new Map());

  /** @returns {Record<string, Film>} */
  const films = () => model.get("_films");

  /** While this kernel lives, its films have a button, and no word of how they may be played one day. */
  function draw() {
    const ours = `:is(${Object.keys(films()).map((key) => `[data-aura-film="${key}"]`).join(",")})`;
    sheet.textContent = `${style}
      ${ours} [data-aura-play] { display: inline-block; }
      ${ours} [data-aura-still] { display: none; }`;
  }

  /** Put a player into `frame`, in place of what is there.
   * @param {Element} place @param {HTMLElement} frame @param {boolean} asked whether somebody wants it to play */
  function begin(place, frame, asked) {
    // Outputs that were cleared take their films with them.
    for (const [other, { player, before }] of open) {
      if (other.isConnected || player.playing) continue;
      player.close();
      other.replaceChildren(...before);
      open.delete(other);
    }
    const key = /** @type {HTMLElement} */ (place).dataset.auraFilm ?? "";
    const picture = frame.querySelector("img")?.src ?? frame.querySelector("video")?.poster;
    const focused = frame.contains(document.activeElement);
    const player = new FilmPlayer(model, key, films()[key], picture);
    open.set(frame, { player, before: [...frame.childNodes] });
    frame.replaceChildren(player.root);
    if (focused) player.button.focus();
    if (asked) player.play();
  }

  /** A press on our button, or a link that leads nowhere: the notebook's folder is not where it was. @param {Event} event */
  function heed({ type, target }) {
    if (!(target instanceof Element) || !target.matches(type === "click" ? "[data-aura-play]" : "video")) return;
    const place = target.closest("[data-aura-film]");
    const frame = target.parentElement;
    if (!place || !frame || frame.matches(".aura-film-player")) return;
    if (!(/** @type {HTMLElement} */ (place).dataset.auraFilm in films())) return;
    // The projector of the kernel that was started anew hears the same press next.
    // Where there is no poster, a browser looks at a link before anybody asks for it.
    const asked = !(target instanceof HTMLVideoElement) || !target.paused;
    if (post(model, { type: "here" })) begin(place, frame, asked);
    else end();
  }

  function end() {
    model.off("change:_films", draw);
    for (const type of ["click", "error"]) document.removeEventListener(type, heed, true);
    // What is here in whole plays on; the rest will not come any more.
    for (const [frame, { player, before }] of open) {
      if (player.whole) continue;
      player.close();
      frame.replaceChildren(...before);
    }
    open.clear();
    sheet.remove();
  }

  model.on("change:_films", draw);
  document.head.append(sheet);
  // An error of a video does not bubble.
  for (const type of ["click", "error"]) document.addEventListener(type, heed, true);
  draw();
  return end;
}

export default { initialize };
