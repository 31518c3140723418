// <smartid-login>: a button that logs in with a card, and says what is missing and what went wrong.
// @ts-check
import { authenticate, CardError, status } from "./smartid.js";
import words from "./words.js";

const PERSON = 120000;
const CARD = ["pin_blocked", "card_absent", "card_removed", "card_unknown", "reader_absent", "reader_busy", "no_service"];
const OUTDATED = ["ERR_WEBEID_VERSION_MISMATCH", "ERR_WEBEID_VERSION_INVALID"];
const NO_ADDON = "ERR_WEBEID_EXTENSION_UNAVAILABLE", NO_PROGRAM = "ERR_WEBEID_NATIVE_UNAVAILABLE";

/**
 * Attributes: challenge-url, login-url, csrf, lang (fa, en), next, label.
 * Events: smartid-login (detail: the site's answer; preventDefault() keeps the page), smartid-error (detail:
 * code, reason, message, retries_left).
 */
class SmartIDLogin extends HTMLElement {
  #busy = false;
  #checking = false;
  #ready = true;
  #parts = /** @type {Record<string, HTMLElement>} */ ({});
  #recheck = () => document.visibilityState === "visible" && !this.#busy && !this.#ready && this.#check();

  connectedCallback() {
    this.#draw();
    document.addEventListener("visibilitychange", this.#recheck);
    this.#check();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#recheck);
  }

  get #lang() {
    const wish = (this.closest("[lang]")?.getAttribute("lang") ?? "").slice(0, 2).toLowerCase();
    return wish === "en" ? "en" : "fa";
  }

  get #words() {
    return /** @type {Record<string, any>} */ (words[this.#lang]);
  }

  #draw() {
    const w = this.#words;
    const rows = ["addon", "program", "card"].map((name) =>
      element("li", { "data-part": name }, element("span", {}, w[name]), (this.#parts[name] = element("span", { class: "smartid-state" }))));
    const list = element("ul", { class: "smartid-readiness", "aria-label": w.readiness }, ...rows);
    const button = (this.#parts.button = element("button", { type: "button", class: "smartid-button" }, this.#label()));
    const again = (this.#parts.again = element("button", { type: "button", class: "smartid-again", hidden: "" }, w.check_again));
    const says = (this.#parts.status = element("div", { class: "smartid-status", role: "status" }));
    const details = (this.#parts.details = element("details", { class: "smartid-details", hidden: "" }));
    button.addEventListener("click", () => this.#logIn());
    again.addEventListener("click", () => this.#check());
    this.dir = w.dir;
    this.replaceChildren(button, says, details, list, again);
    this.#state("card", "waiting", w.card_later);
  }

  #label() {
    return this.getAttribute("label") || this.#words.log_in;
  }

  /** Ask which add-on and program are there; nothing else is asked before the button is pressed. */
  async #check() {
    if (this.#checking) return;
    this.#checking = true;
    const both = (/** @type {string} */ text) => ["addon", "program"].forEach((part) => this.#state(part, "waiting", text));
    both(this.#words.checking);
    try {
      const { extension, nativeApp } = await status();
      this.#state("addon", "ok", this.#version(extension));
      this.#state("program", "ok", this.#version(nativeApp));
      this.#ready = true;
      this.#hint([]);
    } catch (error) {
      both(this.#words.unknown);
      this.#ready = false;
      const { code } = /** @type {any} */ (error);
      if (this.#blame(error)) this.#hint(this.#words.codes[code]);
    }
    this.#parts.again.hidden = this.#ready;
    this.#checking = false;
  }

  /** Mark the part that a failure is about; tells whether it is the add-on or the program. @param {any} error */
  #blame({ code, reason, extension, nativeApp, requiresUpdate }) {
    const w = this.#words;
    if (CARD.includes(reason)) this.#state("card", "problem", w.card_problem);
    else if (/^(pin_|last_try)/.test(reason)) this.#state("card", "ok", w.card_ready);
    if (code === NO_ADDON) {
      this.#state("addon", "problem", w.missing);
      this.#state("program", "waiting", w.unknown);
    } else if (OUTDATED.includes(code) && requiresUpdate?.extension) {
      this.#state("addon", "problem", w.outdated);
      this.#state("program", "ok", this.#version(nativeApp));
    } else if (OUTDATED.includes(code) || code === NO_PROGRAM) {
      this.#state("addon", "ok", extension ? this.#version(extension) : w.card_ready);
      this.#state("program", "problem", code === NO_PROGRAM ? w.missing : w.outdated);
    } else return false;
    return true;
  }

  /** What to do about a missing part, where nothing else is said. @param {string[]} lines */
  #hint(lines) {
    const { status } = this.#parts;
    if (status.hasChildNodes() && status.dataset.kind !== "hint") return;
    status.replaceChildren(...lines.map((line) => element("p", {}, line)));
    status.dataset.kind = "hint";
  }

  async #logIn() {
    if (this.#busy) return;
    this.#setBusy(true);
    try {
      await this.#answer(await this.#conversation());
    } catch (error) {
      this.#fail(error instanceof CardError ? error : new CardError({ message: String(error) }));
    } finally {
      this.#setBusy(false);
    }
  }

  /** Nonce from the site, token from the card, answer from the site. */
  async #conversation() {
    const w = this.#words;
    this.#say(fill(w.busy, { minutes: this.#number(PERSON / 60000) }));
    const { nonce, csrf } = await this.#fetch(this.getAttribute("challenge-url") ?? "/auth/challenge");
    const token = await authenticate(nonce, { lang: this.#lang, timeout: PERSON });
    this.#state("card", "ok", w.card_ready);
    this.#say(w.sending);
    const next = this.getAttribute("next");
    const body = JSON.stringify({ "auth-token": token, ...(next ? { next } : {}) });
    return this.#fetch(this.getAttribute("login-url") ?? "/auth/login", { method: "POST", body }, csrf);
  }

  /**
   * @param {string} address @param {RequestInit} [request]
   * @param {string} [fresh] the token that came with the challenge: the page's own may be of an older session
   * @returns {Promise<any>}
   */
  async #fetch(address, request, fresh) {
    const inPage = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
    const csrf = fresh ?? this.getAttribute("csrf") ?? inPage;
    const headers = { accept: "application/json", "content-type": "application/json", ...(csrf ? { "x-csrf-token": csrf } : {}) };
    const response = await fetch(address, { ...request, headers, credentials: "same-origin", cache: "no-store" })
      .catch((error) => { throw new CardError({ code: "SERVER_UNREACHABLE", message: String(error) }); });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new CardError({ message: `HTTP ${response.status}`, ...answer, code: "SERVER_REFUSED" });
    return answer;
  }

  /** @param {any} answer */
  async #answer(answer) {
    const w = this.#words;
    this.#say(answer.name ? fill(w.done_name, { name: answer.name }) : w.done);
    const event = new CustomEvent("smartid-login", { detail: answer, bubbles: true, cancelable: true });
    const next = this.hasAttribute("next") ? new URL(answer.next ?? this.getAttribute("next"), location.href) : undefined;
    if (this.dispatchEvent(event) && next?.origin === location.origin) location.assign(next);
  }

  /** @param {any} error */
  #fail(error) {
    const w = this.#words;
    // The add-on has one code for a program that is not there and one that ended without an answer.
    const stopped = error.code === NO_PROGRAM && this.#ready;
    const [known, cure] = stopped ? w.stopped : (own(w.codes, error.code) ?? w.codes.ERR_WEBEID_UNKNOWN_ERROR);
    const persian = this.#lang === "fa";
    const sentence = (persian ? error.message_fa : error.reason && error.message) || known;
    const remedy = (persian ? error.remedy_fa : error.remedy) ?? (error.reason ? own(w.remedies, error.reason) : cure);
    const lines = [element("strong", {}, sentence), remedy].filter(Boolean);
    this.#parts.status.replaceChildren(...lines.map((line) => element("p", {}, line)));
    this.#parts.status.dataset.kind = "problem";
    this.#tellDetails(error);
    this.#parts.button.textContent = w.again;
    if (stopped) this.#check();
    else if (this.#blame(error)) this.#ready = false;
    else if (!this.#ready) this.#check();
    this.#parts.again.hidden = this.#ready;
    const { code, reason, retries_left } = error;
    const detail = { code, reason, message: sentence, retries_left };
    this.dispatchEvent(new CustomEvent("smartid-error", { detail, bubbles: true }));
  }

  /** @param {any} error */
  #tellDetails(error) {
    const facts = ["code", "reason", "retries_left", "message"].filter((name) => error[name] !== undefined);
    const rows = facts.flatMap((name) => [element("dt", {}, name), element("dd", {}, String(error[name]))]);
    const list = element("dl", { dir: "ltr", lang: "en" }, ...rows);
    this.#parts.details.replaceChildren(element("summary", {}, this.#words.details), list);
    this.#parts.details.hidden = false;
  }

  /** @param {string} text */
  #say(text) {
    this.#parts.status.replaceChildren(element("p", {}, text));
    this.#parts.status.dataset.kind = "news";
    this.#parts.details.hidden = true;
  }

  /** The button stays focusable while it is busy, so that the keyboard's place is not lost. @param {boolean} busy */
  #setBusy(busy) {
    this.#busy = busy;
    this.#parts.button.setAttribute("aria-disabled", String(busy));
    this.toggleAttribute("busy", busy);
    if (busy) this.#parts.button.textContent = this.#label();
  }

  /** @param {string} part @param {string} state @param {string | Node} text */
  #state(part, state, text) {
    this.#parts[part].parentElement?.setAttribute("data-state", state);
    this.#parts[part].replaceChildren(text);
  }

  /** @param {string} version */
  #version(version) {
    const [before, after] = this.#words.found.split("{version}");
    return element("span", {}, before, element("bdi", { dir: "ltr" }, version), after);
  }

  /** @param {number} value */
  #number(value) {
    return new Intl.NumberFormat(this.#lang === "fa" ? "fa-IR" : "en").format(value);
  }
}

/** @param {string} name @param {Record<string, string>} attributes @param {(string | Node)[]} children */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A word of the table, and nothing that every object has ("constructor"). @param {any} table @param {string} name */
const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

/** @param {string} text @param {Record<string, string>} values */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

customElements.define("smartid-login", SmartIDLogin);
