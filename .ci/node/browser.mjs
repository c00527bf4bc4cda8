// A person at a real browser (Debian's Chromium) who follows one address: signs in
// as the user that BROWSER_USER names, then agrees, or says no when BROWSER_SAYS is
// "no". Prints one JSON line with what the last page shows; BROWSER_SHOT names a
// file for a picture of it. With BROWSER_TYPES it types that text into the page's
// only password field and sends the form.
import { chromium } from "playwright-core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const address = process.argv[2];
const { BROWSER_USER = "ada", BROWSER_SAYS = "yes", BROWSER_SHOT, BROWSER_TYPES, BROWSER_CODE, BROWSER_DARK } = process.env;
const profile = mkdtempSync(join(tmpdir(), "mcp-bridge-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, colorScheme: BROWSER_DARK ? "dark" : "light", viewport: { width: 900, height: 640 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(20000);
const visible = async (selector) => (await page.locator(selector + ":visible").count()) > 0;
const submit = "[type=submit]:not([name=abort])";
try {
  await page.goto(address, { waitUntil: "load" });
  if (BROWSER_TYPES) {
    await page.fill("input[type=password]", BROWSER_TYPES);
    await page.click("button[type=submit]");
  }
  for (let step = 0; step < 8 && !BROWSER_TYPES; step++) {
    await page.waitForLoadState("load");
    if (await visible("input[name=user_code]") && BROWSER_CODE) {
      await page.fill("input[name=user_code]", BROWSER_CODE);
      await page.click(submit);
    } else if (await visible("input[name=login]")) {
      await page.fill("input[name=login]", BROWSER_USER);
      await page.fill("input[name=password]", "any");
      await page.click(submit);
    } else if (BROWSER_SAYS === "no" && (await visible("a[href$='/abort']"))) {
      await page.click("a[href$='/abort']");
    } else if (BROWSER_SAYS === "no" && (await visible("[name=abort]"))) {
      await page.click("[name=abort]");
    } else if (await visible(submit)) {
      await page.locator(submit + ":visible").first().click();
    } else break;
    await page.waitForTimeout(100);
  }
  await page.waitForLoadState("load");
  if (BROWSER_SHOT) await page.screenshot({ path: BROWSER_SHOT });
  const shown = { url: page.url().split("?")[0], query: new URL(page.url()).search, title: await page.title(), text: (await page.innerText("body")).slice(0, 2000) };
  process.stdout.write(JSON.stringify(shown) + "\n");
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
