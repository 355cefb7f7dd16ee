// The button of a job's view by which its film is watched: while it is made as far as it is made, then as a whole.

import { duration, element, setText } from "./elements.js";
import { FilmPlayer } from "./film_player.js";
import { focusOf } from "./focus.js";
import { Player } from "./player.js";
import { post } from "./pulse.js";

/** @typedef {import("./player.js").Source} Source */
const ANSWER_MS = 5000;

/** A preview out of the kernel, a file a message, each when it is asked for. @returns {Source} */
function fromKernel(model) {
  /** @param {string} name */
  const get = (name) =>
    new Promise((give, fail) => {
      // Answers go to all pages that show the job.
      const id = `${Date.now()}-${Math.random()}`;
      /** @param {{type: string, id: string, found: boolean}} message @param {DataView[]} buffers */
      const hear = (message, buffers) => {
        if (message.type !== "preview" || message.id !== id) return;
        end();
        const [{ buffer, byteOffset, byteLength } = new DataView(new ArrayBuffer(0))] = buffers;
        give(message.found ? buffer.slice(byteOffset, byteOffset + byteLength) : null);
      };
      const late = setTimeout(() => {
        end();
        fail(new Error("The kernel does not answer."));
      }, ANSWER_MS);
      const end = () => {
        clearTimeout(late);
        model.off("msg:custom", hear);
      };
      model.on("msg:custom", hear);
      model.send({ type: "preview", id, name });
    });
  return { url: null, get };
}

/** The same from a server's folder. @param {string} url @returns {Source} */
function fromServer(url) {
  const get = async (name) => {
    const answer = await fetch(url + name);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status === 404) return null;
    throw new Error(answer.statusText);
  };
  return { url, get };
}

/** The button and, while it is pressed, the player. */
export class Watch {
  /** @param {any} model @param {HTMLElement} place what the player is to come after @param {() => void} changed */
  constructor(model, place, changed) {
    this.model = model;
    this.place = place;
    this.title = "";
    this.jobId = "";
    /** @type {{width: number, height: number}|null} */
    this.film = null;
    /** @type {Player|FilmPlayer|null} */
    this.player = null;
    this.button = element("button", "aura-watch", "", { type: "button" });
    this.button.addEventListener("click", () => {
      if (this.player) this.close();
      else this.open();
      changed();
    });
  }

  /** @param {{jobId: string, watchable: number, film: {width: number, height: number}|null, title: string}} now */
  draw({ jobId, watchable, film, title }) {
    // Whoever shows the film itself, as the observer page does, goes on with it from here.
    const elsewhere = film && this.model.preview;
    Object.assign(this, { jobId, title, film });
    if (elsewhere && this.player) this.leave();
    this.button.hidden = !this.player && (elsewhere || !(film || watchable));
    this.button.setAttribute("aria-expanded", String(Boolean(this.player)));
    this.button.title = this.player ? "" : film ? `Play ${title}` : `Watch the first ${duration(watchable)} of ${title}`;
    setText(this.button, this.player ? "Close" : film ? "Play" : "Watch");
  }

  /** Say that somebody watches, so that the end of the job leaves the view in its place. @param {boolean} ended */
  beat(ended) {
    if (this.player && !(ended && this.player.over)) this.tell("watching");
  }

  /** @param {"watching"|"watched"} type */
  tell(type) {
    post(this.model, { type });
  }

  open() {
    this.player = this.film ? this.whole(this.film) : this.inTheMaking();
    this.place.after(this.player.root);
    this.beat(false);
  }

  inTheMaking() {
    const source = this.model.preview ? fromServer(this.model.preview) : fromKernel(this.model);
    return new Player(source, `${this.title}, as far as it is made`);
  }

  /** @param {{width: number, height: number}} film */
  whole({ width, height }) {
    const player = new FilmPlayer(this.model, this.jobId, { title: this.title, size: [width, height], language: "und" });
    player.play();
    return player;
  }

  leave() {
    const { seconds, playing, root } = /** @type {Player} */ (this.player);
    const focused = [root, this.button].some((part) => part.contains(focusOf(root)));
    const detail = { seconds, playing, focused };
    this.close();
    this.place.dispatchEvent(new CustomEvent("aura-watched", { bubbles: true, detail }));
  }

  close() {
    if (!this.player) return;
    this.player.close();
    this.player = null;
    this.tell("watched");
  }
}
