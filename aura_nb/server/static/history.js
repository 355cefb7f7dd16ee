// The jobs that were over when the page came: a line each, found by their words, the newest few at first.

const AT_FIRST = 20;

export class History {
  /** @type {{item: HTMLElement, words: string}[]} Newest first. */
  #rows = [];
  #all = false;

  /** @param {HTMLElement} section with a list, a field to search by, a count, and a button for the rest */
  constructor(section) {
    this.section = section;
    this.list = /** @type {HTMLElement} */ (section.querySelector("ol"));
    this.field = /** @type {HTMLInputElement} */ (section.querySelector("input"));
    this.count = /** @type {HTMLElement} */ (section.querySelector("output"));
    this.more = /** @type {HTMLButtonElement} */ (section.querySelector("button"));
    this.field.addEventListener("input", () => this.draw());
    this.more.addEventListener("click", () => {
      const next = this.#rows[AT_FIRST];
      this.#all = true;
      this.draw();
      // The button is gone: the keyboard goes on where the list does.
      /** @type {HTMLElement|null} */ (next.item.querySelector("summary"))?.focus();
    });
  }

  /** Take one more, newer than all; `draw` shows it. @param {HTMLElement} item @param {string} words */
  add(item, words) {
    this.#rows.unshift({ item, words: words.toLowerCase() });
    this.list.prepend(item);
  }

  draw() {
    const sought = this.field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const total = this.#rows.length;
    let found = 0;
    for (const { item, words } of this.#rows) {
      const fits = sought.every((word) => words.includes(word));
      found += Number(fits);
      item.hidden = !fits || (found > AT_FIRST && !this.#all && !sought.length);
    }
    this.section.hidden = !total;
    this.field.parentElement.hidden = total <= AT_FIRST / 4;
    this.more.hidden = this.#all || sought.length > 0 || total <= AT_FIRST;
    this.more.textContent = `Show all ${total}`;
    this.count.textContent = sought.length ? `${found} of ${total}` : "";
  }
}
