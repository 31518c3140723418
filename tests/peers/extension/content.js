// From the page to the background and back. The page's word for its own origin is never passed on.
const ACTIONS = ["status", "authenticate", "get-signing-certificate", "sign"].map((name) => `web-eid:${name}`);

window.addEventListener("message", async ({ source, data, origin }) => {
  if (source !== window || !ACTIONS.includes(data?.action)) return;
  const answer = (outcome, members) => window.postMessage({ action: `${data.action}-${outcome}`, ...members }, origin);
  if (!window.isSecureContext) {
    answer("failure", { error: { code: "ERR_WEBEID_CONTEXT_INSECURE", message: "the page is not secure" } });
    return;
  }
  answer("ack", {});
  const { outcome, members } = await chrome.runtime.sendMessage(data);
  answer(outcome, members);
});
