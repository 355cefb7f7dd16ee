// Plays a film while it is made: reads its HLS playlists as they grow, and feeds the browser by Media Source
// Extensions (W3C). Where there are none, a browser that knows HLS plays it.

/** Where the files of a preview come from: `get` gives null for what is not there (yet), and throws when
 * nobody answers; `url` is their folder where they have one.
 * @typedef {{url: string|null, get: (name: string) => Promise<ArrayBuffer|null>}} Source */
/** @typedef {{name: string, start: number, end: number}} Fragment */
/** @typedef {{init: string, fragments: Fragment[], over: boolean}} Playlist */

const CANNOT = "This browser cannot play a film in the making. It plays when it is done.";
const MASTER = "master.m3u8";
const CAPTIONS = "captions.vtt";
const STREAM = /CODECS="([^",]+),([^",]+)",RESOLUTION=(\d+)x(\d+)/;
const HLS = "application/vnd.apple.mpegurl";
// So much is fetched ahead of what is seen, and so much is kept behind it when the browser's room is full.
const AHEAD_SECONDS = 30;
const BEHIND_SECONDS = 10;
const EDGE_SECONDS = 0.5;
// Pictures and sound are two frames later than the playlists count.
const LATE_SECONDS = 0.25;
const PAUSE_MS = 300;
// Half the target duration, as RFC 8216 (section 6.3.4) has it.
const RELOAD_MS = 1000;
const WAITING = "The next part is being made…";
const GONE = "What was made of the film is not there any more.";
const SILENT = "Waiting for an answer…";

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** @param {string} text @returns {Playlist} */
function parsed(text) {
  /** @type {Playlist} */
  const list = { init: "", fragments: [], over: false };
  let end = 0;
  let seconds = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("#EXTINF:")) seconds = parseFloat(line.slice(8));
    else if (line.startsWith("#EXT-X-MAP:")) list.init = line.match(/URI="([^"]*)"/)?.[1] ?? "";
    else if (line === "#EXT-X-ENDLIST") list.over = true;
    else if (line && !line.startsWith("#")) {
      list.fragments.push({ name: line, start: end, end: end + seconds });
      end += seconds;
    }
  }
  return list;
}

/** @param {TimeRanges} ranges @param {number} time */
function within(ranges, time) {
  for (let at = 0; at < ranges.length; at += 1) if (ranges.start(at) <= time && time < ranges.end(at)) return true;
  return false;
}

/** One track: its playlist, its place in the browser, and what it has got. */
class Track {
  /** @param {Player} player @param {string} name @param {SourceBuffer} buffer */
  constructor(player, name, buffer) {
    this.player = player;
    this.name = name;
    this.buffer = buffer;
    /** @type {Playlist} */
    this.list = { init: "", fragments: [], over: false };
    /** @type {Set<string>} */
    this.had = new Set();
    this.complete = false;
    this.loaded = 0;
  }

  get end() {
    return this.list.fragments.at(-1)?.end ?? 0;
  }

  async feed() {
    while (!this.player.closed) {
      try {
        await this.step();
        this.player.heard();
      } catch (error) {
        if (this.player.closed) return;
        if (error.name === "QuotaExceededError") await this.makeRoom();
        else if (error.name === "InvalidStateError") throw error;
        else this.player.missed();
        await pause(PAUSE_MS);
      }
    }
  }

  /** Fetch the next fragment that is wanted; where none is, look for more of them, or rest. */
  async step() {
    const { video } = this.player;
    const from = video.currentTime - LATE_SECONDS;
    const missing = this.list.fragments.find(({ name, end }) => end > from && !this.had.has(name));
    this.complete = this.list.over && !missing;
    this.player.settle();
    if (missing && missing.start < video.currentTime + AHEAD_SECONDS) {
      const bytes = await this.player.source.get(missing.name);
      if (bytes === null) throw new Error(`${missing.name} is gone`);
      await this.append(bytes);
      this.had.add(missing.name);
    } else if (!missing && !this.list.over && Date.now() - this.loaded >= RELOAD_MS) {
      await this.reload();
    } else {
      await pause(PAUSE_MS);
    }
  }

  async reload() {
    const bytes = await this.player.source.get(`${this.name}.m3u8`);
    if (bytes === null) throw new Error(`${this.name}.m3u8 is gone`);
    const first = !this.list.init;
    this.list = parsed(new TextDecoder().decode(bytes));
    if (first) {
      const init = await this.player.source.get(this.list.init);
      if (init === null) throw new Error(`${this.list.init} is gone`);
      await this.append(init);
    }
    this.loaded = Date.now();
  }

  /** @param {BufferSource} bytes */
  async append(bytes) {
    if (this.player.closed) return;
    const appended = this.updated();
    this.buffer.appendBuffer(bytes);
    await appended;
  }

  async makeRoom() {
    const until = this.player.video.currentTime - BEHIND_SECONDS;
    if (until <= 0 || this.player.closed) return;
    const removed = this.updated();
    this.buffer.remove(0, until);
    await removed;
  }

  updated() {
    return new Promise((done) => this.buffer.addEventListener("updateend", done, { once: true }));
  }

  /** What the browser has dropped must be fetched again when it is looked at again. */
  forget() {
    for (const { name, start, end } of this.list.fragments) {
      if (this.had.has(name) && !within(this.buffer.buffered, (start + end) / 2)) this.had.delete(name);
    }
  }
}

/** A video element, beside it in words what it waits for. `close` ends it. */
export class Player {
  /** @param {Source} source @param {string} label */
  constructor(source, label) {
    this.source = source;
    this.closed = false;
    /** @type {Track[]} */
    this.tracks = [];
    this.media = null;
    this.silent = false;
    this.root = document.createElement("div");
    this.root.className = "aura-player";
    this.video = document.createElement("video");
    this.video.controls = true;
    this.video.playsInline = true;
    this.video.setAttribute("aria-label", label);
    this.notice = document.createElement("p");
    this.notice.setAttribute("role", "status");
    this.root.append(this.video, this.notice);
    this.say(SILENT);
    for (const event of ["timeupdate", "waiting", "playing", "ended", "error"]) {
      this.video.addEventListener(event, () => this.tell());
    }
    this.video.addEventListener("seeking", () => this.tracks.forEach((track) => track.forget()));
    this.open();
  }

  /** Where the film is, in seconds. */
  get seconds() {
    return this.video.currentTime;
  }

  get playing() {
    return !this.video.paused && !this.video.ended;
  }

  get over() {
    return this.video.ended;
  }

  async open() {
    let text = "";
    let found = null;
    while (!this.closed) {
      const bytes = await this.source.get(MASTER).catch(() => undefined);
      text = bytes ? new TextDecoder().decode(bytes) : "";
      found = text.match(STREAM);
      if (found) break;
      this.say(bytes === null ? GONE : SILENT);
      await pause(RELOAD_MS);
    }
    if (this.closed) return;
    const [, video, audio, width, height] = found;
    this.video.style.aspectRatio = `${width} / ${height}`;
    const types = Object.entries({ video, audio }).map(([name, codec]) => [name, `${name}/mp4; codecs="${codec}"`]);
    if (window.MediaSource && types.every(([, type]) => MediaSource.isTypeSupported(type))) {
      this.fill(types);
      if (text.includes("TYPE=SUBTITLES")) this.caption();
    } else if (this.source.url && this.video.canPlayType(HLS)) this.video.src = this.source.url + MASTER;
    else return this.say(CANNOT);
    // A browser that wants to be asked first leaves it to its controls.
    this.video.play().catch(() => {});
  }

  /** @param {string[][]} types */
  fill(types) {
    const media = new MediaSource();
    this.media = media;
    this.video.src = URL.createObjectURL(media);
    const begin = () => {
      URL.revokeObjectURL(this.video.src);
      if (this.closed) return;
      this.tracks = types.map(([name, type]) => new Track(this, name, media.addSourceBuffer(type)));
      for (const track of this.tracks) track.feed().catch(() => !this.closed && this.say("The film cannot be played."));
    };
    media.addEventListener("sourceopen", begin, { once: true });
  }

  async caption() {
    let bytes;
    while (!this.closed) {
      bytes = await this.source.get(CAPTIONS).catch(() => undefined);
      if (bytes !== undefined) break;
      await pause(RELOAD_MS);
    }
    if (this.closed || !bytes) return;
    const track = document.createElement("track");
    const src = URL.createObjectURL(new Blob([bytes], { type: "text/vtt" }));
    for (const event of ["load", "error"]) track.addEventListener(event, () => URL.revokeObjectURL(src), { once: true });
    Object.assign(track, { kind: "captions", label: "Captions", default: true, src });
    this.video.append(track);
  }

  /** Tell the browser how long the film is by now, and when all of it is there. */
  settle() {
    const { media } = this;
    if (media?.readyState !== "open" || this.tracks.some(({ buffer }) => buffer.updating)) return;
    const { buffered } = this.video;
    if (this.tracks.every(({ complete }) => complete)) media.endOfStream();
    else if (buffered.length) {
      // The first picture is a little later than zero.
      if (this.video.currentTime < buffered.start(0)) this.video.currentTime = buffered.start(0);
      const ends = this.tracks.map(({ buffer, end }) =>
        Math.max(end, buffer.buffered.length ? buffer.buffered.end(buffer.buffered.length - 1) : 0),
      );
      const end = Math.max(...ends);
      if (!(media.duration >= end && Number.isFinite(media.duration))) media.duration = end;
    }
    this.tell();
  }

  heard() {
    this.silent = false;
    this.tell();
  }

  missed() {
    this.silent = true;
    this.tell();
  }

  /** Say in words what the picture waits for. */
  tell() {
    const { video } = this;
    const stuck = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !video.ended;
    const ends = this.tracks.map(({ end }) => end);
    const over = this.tracks.every(({ list }) => list.over);
    // Chromium's own HLS, where there is nothing else, may give up on a playlist that has not grown.
    if (video.error) this.say(CANNOT);
    else if (stuck && this.silent) this.say(SILENT);
    else if (!stuck) this.say("");
    else if (!over && ends.every(Boolean) && video.currentTime >= Math.min(...ends) - EDGE_SECONDS) this.say(WAITING);
  }

  /** @param {string} text */
  say(text) {
    if (this.notice.textContent !== text) this.notice.textContent = text;
  }

  close() {
    this.closed = true;
    this.video.removeAttribute("src");
    this.video.load();
    this.root.remove();
  }
}
