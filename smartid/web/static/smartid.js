// Client of the browser add-on that reaches the card: the page's side of Web eID's messages.
// @ts-check

/** Version that is told to the add-on; it compares the first number with its own. */
const LIBRARY = "2.0.0";
/** Milliseconds: for the add-on to answer at all, for the card program to start, for the person. */
const ADDON = 1000, PROGRAM = 5000, PERSON = 120000;
const AGAIN = 200;
const TOKEN = ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"];
/** Of format 1.1. */
const LISTS = ["unverifiedSigningCertificates", "unverifiedIntermediateCertificates"];

/**
 * What went wrong between the page and the card. Every member of the answer is here: `code` always, and where
 * the card program is smartid's also `reason`, `message_fa`, `retries_left`.
 */
export class CardError extends Error {
  /** @param {Record<string, unknown>} members */
  constructor(members) {
    super(String(members.message ?? members.code));
    for (const [name, value] of Object.entries({ code: "ERR_WEBEID_UNKNOWN_ERROR", ...members, name: "CardError" })) {
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}

/** @type {Map<string, {heard: () => void, resolve: (answer: any) => void, reject: (error: CardError) => void}>} */
const pending = new Map();
const started = performance.now();
let heard = false;

const sleep = (/** @type {number} */ time) => new Promise((resolve) => setTimeout(resolve, time));
const loaded = document.readyState === "complete"
  ? Promise.resolve()
  : new Promise((resolve) => window.addEventListener("load", resolve, { once: true }));

window.addEventListener("message", ({ source, data }) => {
  const [, action, outcome] = /^(web-eid:.+)-(ack|success|failure)$/.exec(String(data?.action)) ?? [];
  const question = source === window ? pending.get(action) : undefined;
  if (!question) return;
  heard = true;
  question.heard();
  if (outcome === "success") question.resolve(data);
  if (outcome === "failure") question.reject(new CardError({ ...(data.error ?? data) }));
});

/**
 * @param {string} name the action, without its prefix
 * @param {object} members of the message
 * @param {{limit: number, repeat?: boolean}} how milliseconds until it is given up; whether to ask until heard
 * @returns {Promise<any>}
 */
function ask(name, members, { limit, repeat = false }) {
  const action = `web-eid:${name}`;
  if (!window.isSecureContext) return Promise.reject(new CardError({ code: "ERR_WEBEID_CONTEXT_INSECURE" }));
  if (pending.has(action)) return Promise.reject(new CardError({ code: "ERR_WEBEID_ACTION_PENDING" }));
  const post = () => window.postMessage({ action, libraryVersion: LIBRARY, ...members }, "/");
  /** @type {number[]} */
  const timers = [];
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ code) => () => reject(new CardError({ code }));
    const silence = () => timers.push(setTimeout(fail("ERR_WEBEID_EXTENSION_UNAVAILABLE"), ADDON));
    let silent = true;
    const quiet = () => {
      silent = false;
      timers.splice(0).forEach(clearTimeout);
      timers.push(setTimeout(fail("ERR_WEBEID_ACTION_TIMEOUT"), limit));
    };
    pending.set(action, { heard: () => silent && quiet(), resolve, reject });
    if (repeat) timers.push(setInterval(post, AGAIN));
    loaded.then(() => silent && silence());
    post();
  }).finally(() => {
    pending.delete(action);
    timers.forEach(clearTimeout);
  });
}

/** An add-on arrives in a page a moment after the page's own scripts. */
async function addon() {
  await loaded;
  while (!heard && performance.now() - started < ADDON) await sleep(AGAIN / 4);
}

/**
 * Which add-on and which card program are there. Nothing is asked of a card.
 * @returns {Promise<{library: string, extension: string, nativeApp: string}>}
 */
export async function status() {
  const { library, extension, nativeApp } = await ask("status", {}, { limit: PROGRAM, repeat: true });
  return { library, extension, nativeApp };
}

/**
 * Log in: the card signs the site's origin and this nonce, when its holder agrees.
 * @param {string} challengeNonce 44 to 128 characters, from the site's server
 * @param {{lang?: string, timeout?: number}} [options] language of the card program; milliseconds for the person
 * @returns {Promise<Record<string, unknown>>} the token, for the site's server
 */
export async function authenticate(challengeNonce, { lang, timeout = PERSON } = {}) {
  if (!challengeNonce) throw new CardError({ code: "ERR_WEBEID_MISSING_PARAMETER", message: "no nonce" });
  await addon();
  const answer = await ask("authenticate", { challengeNonce, ...options(lang, timeout) }, { limit: PROGRAM + timeout });
  const more = LISTS.filter((name) => name in answer);
  return Object.fromEntries([...TOKEN, ...more].map((name) => [name, answer[name]]));
}

/**
 * The certificate that documents are signed with.
 * @param {{lang?: string, timeout?: number}} [options]
 * @returns {Promise<{certificate: string, supportedSignatureAlgorithms: object[]}>}
 */
export async function getSigningCertificate({ lang, timeout = PERSON } = {}) {
  await addon();
  const answer = await ask("get-signing-certificate", options(lang, timeout), { limit: PROGRAM + 2 * timeout });
  return { certificate: answer.certificate, supportedSignatureAlgorithms: answer.supportedSignatureAlgorithms };
}

/**
 * Sign a hash with the key of that certificate.
 * @param {string} certificate base64, as getSigningCertificate gave it
 * @param {string} hash base64
 * @param {string} hashFunction SHA-256, SHA-384 and so on
 * @param {{lang?: string, timeout?: number}} [how]
 * @returns {Promise<{signature: string, signatureAlgorithm: object}>}
 */
export async function sign(certificate, hash, hashFunction, { lang, timeout = PERSON } = {}) {
  if (!certificate || !hash || !hashFunction) throw new CardError({ code: "ERR_WEBEID_MISSING_PARAMETER" });
  await addon();
  const members = { certificate, hash, hashFunction, ...options(lang, timeout) };
  const answer = await ask("sign", members, { limit: PROGRAM + 2 * timeout });
  return { signature: answer.signature, signatureAlgorithm: answer.signatureAlgorithm };
}

/** @param {string | undefined} lang @param {number} timeout */
function options(lang, timeout) {
  return { options: { userInteractionTimeout: timeout, ...(lang ? { lang } : {}) } };
}
