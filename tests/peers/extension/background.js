// From the browser to the card program: one process for each command. The origin is what the browser says.
const HOST = "eu.webeid";
const VERSION = chrome.runtime.getManifest().version;
const HANDSHAKE = 5000, GOODBYE = 2000, PERSON = 120000, LONGEST = 8192;
const WANTED = {
  "web-eid:authenticate": ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"],
  "web-eid:get-signing-certificate": ["certificate", "supportedSignatureAlgorithms", "supportedSignatureAlgorithms.length"],
  "web-eid:sign": ["signature", ...["hashFunction", "paddingScheme", "cryptoAlgorithm"].map((name) => `signatureAlgorithm.${name}`)],
};
const major = (version) => Number(/^v?(\d+)\.\d+\.\d+/.exec(version)?.[1] ?? NaN);

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  const work = message.action === "web-eid:status" ? status(message) : command(message, sender);
  work.then(
    (members) => answer({ outcome: "success", members }),
    (error) => answer({ outcome: "failure", members: { error: { code: "ERR_WEBEID_UNKNOWN_ERROR", ...error } } }),
  );
  return true;
});

async function status({ libraryVersion }) {
  const host = new Host();
  try {
    const nativeApp = (await host.version()).replace(/^v/, "");
    await host.ask({ command: "quit", arguments: {} }, GOODBYE, "ERR_WEBEID_NATIVE_UNAVAILABLE");
    const versions = { library: libraryVersion, extension: VERSION, nativeApp };
    if (Number.isNaN(major(nativeApp))) throw failure("ERR_WEBEID_VERSION_INVALID", "no version", versions);
    const requiresUpdate = {
      extension: major(VERSION) < major(libraryVersion),
      nativeApp: major(nativeApp) < Math.max(major(VERSION), major(libraryVersion)),
    };
    if (requiresUpdate.extension || requiresUpdate.nativeApp) {
      throw failure("ERR_WEBEID_VERSION_MISMATCH", "update required", { ...versions, requiresUpdate });
    }
    return versions;
  } catch (error) {
    throw { ...error, extension: VERSION };
  } finally {
    host.close();
  }
}

async function command(message, sender) {
  const host = new Host();
  try {
    await host.version();
    const { challengeNonce, certificate, hash, hashFunction, options } = message;
    const origin = sender.origin ?? new URL(sender.url).origin;
    const given = { challengeNonce, certificate, hash, hashFunction, origin, lang: options?.lang };
    const request = { command: message.action.slice("web-eid:".length), arguments: given };
    const limit = options?.userInteractionTimeout || PERSON;
    const reply = await host.ask(request, limit, "ERR_WEBEID_USER_TIMEOUT");
    const has = (path) => path.split(".").reduce((value, name) => value?.[name], reply);
    if (WANTED[message.action].every(has)) return reply;
    throw failure("ERR_WEBEID_UNKNOWN_ERROR", "the card program's answer is incomplete");
  } finally {
    host.close();
  }
}

class Host {
  #messages = [];
  #waiting = null;
  #gone = null;

  constructor() {
    this.port = chrome.runtime.connectNative(HOST);
    this.port.onMessage.addListener((message) => this.#messages.push(message) && this.#wake());
    this.port.onDisconnect.addListener(() => {
      this.#gone = chrome.runtime.lastError?.message ?? "the card program ended";
      this.#wake();
    });
  }

  async version() {
    const { version } = await this.#next(HANDSHAKE, "ERR_WEBEID_NATIVE_UNAVAILABLE", "ERR_WEBEID_NATIVE_UNAVAILABLE");
    if (!version) throw failure("ERR_WEBEID_NATIVE_UNAVAILABLE", "the card program told no version");
    return version;
  }

  async ask(request, limit, late) {
    if (new TextEncoder().encode(JSON.stringify(request)).length > LONGEST) {
      throw failure("ERR_WEBEID_UNKNOWN_ERROR", "the request is too long");
    }
    this.port.postMessage(request);
    const reply = await this.#next(limit, late, "ERR_WEBEID_NATIVE_UNAVAILABLE");
    if (reply.error) throw reply.error;
    return reply;
  }

  close() {
    this.port.disconnect();
  }

  #wake() {
    this.#waiting?.();
  }

  async #next(limit, late, gone) {
    const end = Date.now() + limit;
    while (!this.#messages.length) {
      if (this.#gone) throw failure(gone, this.#gone);
      if (Date.now() >= end) throw failure(late, `nothing came in ${limit} ms`);
      await new Promise((resolve) => {
        this.#waiting = resolve;
        setTimeout(resolve, Math.max(0, end - Date.now()));
      });
    }
    return this.#messages.shift();
  }
}

function failure(code, message, more = {}) {
  return { code, message, ...more };
}
