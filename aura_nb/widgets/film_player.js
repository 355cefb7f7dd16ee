// Plays a film whose bytes the kernel sends: nothing of it is fetched before somebody presses play, and then a piece
// at a time. The browser keeps them as a Blob, on disk when they are many: a film may be of any size.

import { element, setText } from "./elements.js";
import { focusOf } from "./focus.js";

/** @typedef {{title: string, size: [number, number], language: string}} Film */
/** @typedef {{size: number, version: string, bytes: DataView}} Piece */

// ipykernel may lose a message after a reload; one that is busy with a cell answers all of them afterwards.
const RESEND_MS = 3000;
const LONGEST_PAUSE_MS = 60_000;
const PART = { film: "video/mp4", captions: "text/vtt" };
const SILENT = "The kernel does not answer. If it is busy, the film comes when the cell has run.";
const ANEW = "The kernel that has the film was started anew: run the cell again.";
const CANNOT = "This browser cannot play the film: open it with a video player.";

/** What the kernel says of a film that it cannot send. */
class Problem extends Error {}

/** Ask for a piece until it is there.
 * @param {any} model @param {object} what @param {AbortSignal} signal @param {(silent: boolean) => void} wait
 * @param {number} pause until it is asked for again @returns {Promise<Piece>} */
function ask(model, what, signal, wait, pause) {
  return new Promise((give, fail) => {
    // Answers go to all pages of the kernel.
    const id = `${Date.now()}-${Math.random()}`;
    let later = 0;
    /** @param {any} message @param {DataView[]} buffers */
    const hear = (message, buffers) => {
      if (message.type !== "film" || message.id !== id) return;
      end();
      if (message.problem) fail(new Problem(message.problem));
      else give({ size: message.size, version: message.version, bytes: buffers[0] });
    };
    const stop = () => {
      end();
      fail(signal.reason);
    };
    const end = () => {
      clearTimeout(later);
      wait(false);
      signal.removeEventListener("abort", stop);
      model.off("msg:custom", hear);
    };
    const send = () => {
      try {
        model.send({ type: "film", id, ...what });
      } catch {
        // Lab takes the comms away of a kernel that it starts anew.
        end();
        return fail(new Problem(ANEW));
      }
      later = setTimeout(() => {
        wait(true);
        send();
      }, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
    if (signal.aborted) return fail(signal.reason);
    model.on("msg:custom", hear);
    signal.addEventListener("abort", stop);
    send();
  });
}

/** A player where nothing is fetched yet. `play` does what its button does; `close` ends it. */
export class FilmPlayer {
  /** @param {any} model @param {string} key what its kernel knows the film by @param {Film} film
   * @param {string} [poster] the address of a picture */
  constructor(model, key, film, poster = "") {
    Object.assign(this, { model, key, film });
    this.whole = false;
    /** @type {AbortController|null} */
    this.fetching = null;
    /** @type {string[]} */
    this.urls = [];
    this.root = element("div", "aura-film-player");
    this.root.style.aspectRatio = film.size.join(" / ");
    this.button = element("button", "aura-film-play", "", { type: "button" });
    this.bar = element("progress", "aura-film-bar", "", { max: "1", value: "0", "aria-label": `Fetching ${film.title}` });
    this.count = element("span", "aura-film-count");
    this.says = element("span", "aura-film-says", "", { role: "status" });
    const line = element("p", "aura-film-line");
    line.append(this.bar, this.count, this.says);
    this.root.append(this.button, line);
    this.button.addEventListener("click", () => (this.fetching ? this.stop() : this.play()));
    this.poster(poster);
    this.draw();
  }

  /** @param {string} url */
  poster(url) {
    const shown = url ? `url("${url}")` : "";
    if (!this.whole && this.root.style.backgroundImage !== shown) this.root.style.backgroundImage = shown;
  }

  get playing() {
    return Boolean(this.video && !this.video.paused && !this.video.ended);
  }

  /** Whether nobody looks at it: it has played, or is not wanted. */
  get over() {
    return !this.fetching && (!this.video || this.video.ended);
  }

  /** Fetch the film, then play it. */
  async play() {
    const fetching = (this.fetching = new AbortController());
    this.told(0, 0);
    this.say("");
    this.draw();
    try {
      const film = await this.part("film", fetching.signal);
      const captions = await this.part("captions", fetching.signal).catch((error) => {
        if (error instanceof Problem) return null;
        throw error;
      });
      this.show(film, captions);
    } catch (error) {
      if (!fetching.signal.aborted) this.say(error instanceof Problem ? error.message : String(error));
    } finally {
      if (this.fetching === fetching) this.fetching = null;
      this.draw();
    }
  }

  /** One file, of pieces that belong together. @param {"film"|"captions"} part @param {AbortSignal} signal */
  async part(part, signal) {
    /** @type {Blob[]} */
    let pieces = [];
    let version = "";
    let pause = RESEND_MS;
    for (let had = 0, size = 1; had < size; ) {
      const what = { key: this.key, part, start: had };
      const asked = Date.now();
      const piece = await ask(this.model, what, signal, (silent) => this.say(silent ? SILENT : ""), pause);
      // On a slow line, what is asked for twice comes twice, and holds up what is asked for next.
      pause = Math.min(Math.max(pause, 2 * (Date.now() - asked)), LONGEST_PAUSE_MS);
      if (version && piece.version !== version) {
        // Another film has taken its place.
        [pieces, version, had, size] = [[], "", 0, 1];
        continue;
      }
      if (!piece.bytes.byteLength && piece.size) throw new Problem("The film ends too early.");
      pieces.push(new Blob([piece.bytes]));
      ({ version, size } = piece);
      had += piece.bytes.byteLength;
      if (part === "film") this.told(had, size);
    }
    return new Blob(pieces, { type: PART[part] });
  }

  /** @param {Blob} film @param {Blob|null} captions */
  show(film, captions) {
    this.urls = [film, ...(captions ? [captions] : [])].map((blob) => URL.createObjectURL(blob));
    const [src, vtt] = this.urls;
    const { title, language } = this.film;
    const video = /** @type {HTMLVideoElement} */ (element("video", "", "", { controls: "", playsinline: "", "aria-label": title, src }));
    if (vtt) {
      const track = { kind: "captions", srclang: language, label: "Captions", src: vtt, default: "" };
      video.append(element("track", "", "", track));
    }
    video.addEventListener("error", () => this.say(CANNOT));
    const focused = this.root.contains(focusOf(this.root));
    this.video = video;
    this.whole = true;
    this.root.style.backgroundImage = "";
    this.button.replaceWith(video);
    if (focused) video.focus();
    // A browser that wants to be asked first leaves it to its controls.
    video.play().catch(() => {});
  }

  /** @param {number} had @param {number} size in bytes */
  told(had, size) {
    this.bar.setAttribute("value", String(size ? had / size : 0));
    const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
    setText(this.count, size ? `${megabytes(had)} of ${megabytes(size)} MB` : "");
  }

  /** @param {string} text */
  say(text) {
    setText(this.says, text);
    this.draw();
  }

  draw() {
    this.root.dataset.state = this.fetching ? "fetching" : "";
    this.bar.hidden = this.count.hidden = !this.fetching;
    const line = /** @type {HTMLElement} */ (this.says.parentElement);
    line.hidden = !this.fetching && !this.says.textContent;
    this.button.setAttribute("aria-label", `${this.fetching ? "Stop fetching" : "Play"} ${this.film.title}`);
  }

  stop() {
    this.fetching?.abort();
    this.fetching = null;
    this.say("");
  }

  close() {
    this.stop();
    if (this.video) {
      this.video.removeAttribute("src");
      this.video.load();
    }
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.root.remove();
  }
}
