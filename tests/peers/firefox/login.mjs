// Log in with Firefox: node login.mjs ORIGIN ADDON. Prints what stands on the page afterwards.
import { createRequire } from "node:module";
import { join } from "node:path";

const [origin, addon] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_MODULES, "package.json"));
const { default: puppeteer } = await import(require.resolve("puppeteer-core"));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.env.FIREFOX,
  headless: true,
  acceptInsecureCerts: true,
  env: process.env,
  extraPrefsFirefox: { "xpinstall.signatures.required": false },
});
try {
  await browser.installExtension(addon);
  const page = await browser.newPage();
  await page.goto(`${origin}/auth/?lang=fa&next=/`);
  await page.waitForSelector('smartid-login [data-part="program"][data-state="ok"]', { timeout: 20000 });
  await page.click(".smartid-button");
  await page.waitForFunction(
    'location.pathname === "/" || document.querySelector(\'.smartid-status[data-kind="problem"]\')',
    { timeout: 20000 },
  );
  const text = (selector) => page.$eval(selector, (one) => one.textContent).catch(() => null);
  const path = new URL(page.url()).pathname;
  const problem = await text('.smartid-status[data-kind="problem"]');
  console.log(JSON.stringify({ path, problem, told: await text("h1") }));
} finally {
  await browser.close();
}
