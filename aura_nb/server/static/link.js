// The page's link to its server: one event stream for all tabs, and asking where streams do not come through.
//
// Browsers allow six connections a host, so the tabs elect a leader by a Web Lock: it holds the stream and hands
// on what comes by a BroadcastChannel. Every message names the cursor it follows and the one it leads to: a tab
// that stands elsewhere has missed something, and asks for the whole state first. Where there are no Web Locks
// (plain http under another name than localhost), every tab leads itself.

const TYPES = [
  "job-status",
  "step-status",
  "step-progress",
  "scene-ready",
  "job-log",
  "warning",
  "job-completed",
  "job-failed",
  "job-cancelled",
  "gap",
  "heartbeat",
];
const TICK_MS = 1000;
// Silence is counted in ticks, not in clock time: whoever slept must accuse nobody.
// A proxy that holds streams back lets no first event through; a dead stream lacks three heartbeats.
const TICKS_TO_OPEN = 6;
const TICKS_TO_DIE = 15;
// A clock that jumped so far between two ticks: the machine slept. The stream has a few ticks to prove itself.
const SLEPT_MS = 5000;
const TICKS_AFTER_SLEEP = 3;
const ASK_MS = 2000;
const RETRY_MS = 500;
const STREAM_AGAIN_MS = 30000;
const ANSWER_MS = 10000;

const NAME = `aura_nb ${new URL("./", document.baseURI).pathname}`;

/** How the page stands to its server: `refused` is an answer, too, to a token that does not count any more.
 * @typedef {"connecting"|"live"|"polling"|"lost"|"refused"} Standing */
/** What tabs hand on: the jobs as `GET api/jobs` lists them, or one event, between two cursors.
 * @typedef {{state: Standing, before?: string|null, cursor?: string|null, found?: any, event?: any}} Message */

export class Link {
  /** @type {string|null} What all that was taken so far ends with. */
  #cursor = null;
  /** @type {Standing} */
  #state = "connecting";
  #turn = Promise.resolve();
  /** Ticks without a word: from the stream for the leader, from the leader for the others. */
  #quiet = 0;
  #patience = TICKS_TO_OPEN;
  #ticked = Date.now();
  /** From asking for the lock to losing it. */
  #term = new AbortController();
  #leads = false;
  #steals = false;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  #awake = Promise.resolve();
  #wake = () => {};
  #cut = () => {};
  #hurry = () => {};

  /** The page's part: `listed` takes all jobs, `happened` one event, `stands` how the link is. What they return
   * is waited for, so that everything comes in order.
   * @param {{listed: (found: any) => any, happened: (event: any) => any, stands: (state: Standing) => void}} page */
  constructor(page) {
    this.page = page;
  }

  start() {
    if (navigator.locks) {
      this.#channel = new BroadcastChannel(NAME);
      this.#channel.onmessage = ({ data }) => (data === "hello" ? this.#answer() : this.#take(data));
    }
    setInterval(() => this.#tick(), TICK_MS);
    addEventListener("online", () => this.#cut());
    document.addEventListener("visibilitychange", () => this.#hurry());
    // Whoever is put to sleep lets another lead; once awake it learns what it missed.
    for (const [target, event] of [[document, "freeze"], [window, "pagehide"]]) {
      target.addEventListener(event, () => this.#sleep());
    }
    for (const [target, event] of [[document, "resume"], [window, "pageshow"]]) {
      target.addEventListener(event, () => this.#wake());
    }
    this.#run();
  }

  /** Stand for leader, as long as this page lives. */
  async #run() {
    for (;;) {
      await this.#awake;
      this.#channel?.postMessage("hello");
      const term = new AbortController();
      this.#term = term;
      const how = this.#steals ? { steal: true } : { signal: term.signal };
      this.#steals = false;
      // An answer that is waited for does not keep the lock.
      const over = new Promise((resolve) => term.signal.addEventListener("abort", resolve));
      const lead = () => Promise.race([this.#lead(term.signal), over]);
      // It rejects when another tab steals the lock, and when waiting for it is broken off: this tab stands again.
      // For any other reason no tab will ever be given one: each leads itself, and hears no other that does.
      const stood = navigator.locks?.request(NAME, how, lead) ?? lead();
      await stood.catch(({ name }) => {
        if (name === "AbortError") return;
        this.#channel?.close();
        this.#channel = null;
        return lead();
      });
      term.abort();
    }
  }

  /** Stream, again and again; as long as nothing comes through, ask. @param {AbortSignal} signal */
  async #lead(signal) {
    this.#leads = true;
    const asking = setInterval(() => this.#state === "live" || this.#ask(signal), ASK_MS);
    signal.addEventListener("abort", () => {
      this.#leads = false;
      clearInterval(asking);
    });
    for (let failed = 0; !signal.aborted; ) {
      const answered = await this.#ask(signal);
      if (answered) failed = (await this.#stream(signal)) ? 0 : failed + 1;
      if (failed && !signal.aborted) this.#tell({ state: failed > 1 ? "polling" : "connecting" });
      await this.#pause(signal, !answered ? ASK_MS : failed > 1 ? STREAM_AGAIN_MS : RETRY_MS);
    }
  }

  /** One stream to its end; says whether anything came of it. @param {AbortSignal} signal */
  #stream(signal) {
    return new Promise((resolve) => {
      const source = new EventSource(`api/events?lastEventId=${encodeURIComponent(this.#cursor ?? "")}`);
      let came = false;
      this.#quiet = 0;
      this.#patience = TICKS_TO_OPEN;
      this.#cut = () => {
        this.#cut = () => {};
        source.close();
        resolve(came);
      };
      for (const type of TYPES) {
        source.addEventListener(type, ({ lastEventId, data }) => {
          came = true;
          this.#quiet = 0;
          this.#patience = TICKS_TO_DIE;
          this.#tell({ state: "live", cursor: lastEventId, event: type === "heartbeat" ? null : JSON.parse(data) });
        });
      }
      source.addEventListener("error", () => this.#cut());
      signal.addEventListener("abort", () => this.#cut());
    });
  }

  /** Ask for all jobs on behalf of all tabs; says whether there was an answer. @param {AbortSignal} signal */
  async #ask(signal) {
    const { found, state } = await list();
    if (signal.aborted) return false;
    const back = found && (this.#state === "lost" || this.#state === "refused");
    this.#tell({ state: back ? "connecting" : (state ?? this.#state), cursor: found?.lastEventId, found });
    if (back) this.#hurry();
    return Boolean(found);
  }

  /** @param {Message} message */
  #tell(message) {
    const whole = { ...message, before: this.#cursor };
    this.#channel?.postMessage(whole);
    this.#take(whole);
  }

  /** To a tab that came or woke up: where all others stand. */
  #answer() {
    if (this.#leads) this.#tell({ state: this.#state, cursor: this.#cursor });
  }

  /** @param {Message} message */
  #take({ state, before, cursor, found, event }) {
    if (!this.#leads) this.#quiet = 0;
    if (state !== this.#state) this.page.stands((this.#state = state));
    if (cursor === undefined || cursor === null) return;
    const missed = !found && before !== this.#cursor;
    this.#cursor = cursor;
    this.#inTurn(async () => {
      if (missed) await this.#catchUp();
      if (found) await this.page.listed(found);
      if (event) await this.page.happened(event);
    });
  }

  /** Ask for all jobs for this tab alone. */
  async #catchUp() {
    const { found } = await list();
    if (found) await this.page.listed(found);
    // Whatever comes next follows something else, and so this is tried again.
    else this.#cursor = null;
  }

  #inTurn(work) {
    this.#turn = this.#turn.then(work).catch((error) => console.error(error));
  }

  #tick() {
    const slept = Date.now() - this.#ticked > SLEPT_MS;
    this.#ticked = Date.now();
    this.#quiet += 1;
    if (this.#leads) {
      if (slept) this.#quiet = Math.max(this.#quiet, this.#patience - TICKS_AFTER_SLEEP);
      if (this.#quiet >= this.#patience) this.#cut();
    } else if (this.#quiet >= TICKS_TO_DIE && document.visibilityState === "visible") {
      // The leader hangs, wherever it is.
      this.#steals = true;
      this.#term.abort();
    } else if (this.#cursor === null) {
      this.#cursor = "";
      this.#inTurn(() => this.#catchUp());
    }
  }

  #sleep() {
    const earlier = this.#wake;
    this.#awake = new Promise((resolve) => {
      this.#wake = () => {
        earlier();
        resolve();
      };
    });
    this.#term.abort();
  }

  /** @param {AbortSignal} signal @param {number} milliseconds */
  #pause(signal, milliseconds) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, milliseconds);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener("abort", () => this.#hurry());
    });
  }
}

/** All jobs as the server lists them, or why it does not. @returns {Promise<{found?: any, state?: Standing}>} */
async function list() {
  try {
    const answer = await fetch("api/jobs", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.ok) return { found: await answer.json() };
    return { state: [401, 421].includes(answer.status) ? "refused" : "lost" };
  } catch {
    return { state: "lost" };
  }
}
