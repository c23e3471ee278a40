// What the tests of the chat page share: a browser, and what people do on the page.
//
//   LINEBOT_CHAT_URL       the address `linebot dev` prints
//   LINEBOT_TEST_CHROMIUM  a Chromium, /usr/bin/chromium if not set
//   LINEBOT_SCREENSHOTS    a folder for pictures of what the tests saw, none if not set

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const url = process.env.LINEBOT_CHAT_URL;
const executablePath = process.env.LINEBOT_TEST_CHROMIUM ?? "/usr/bin/chromium";
const pictures = process.env.LINEBOT_SCREENSHOTS;
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** People of the simulated world. */
export const MISAKI = "美咲";
export const ALEX = "Alex";
export const FAMILY = "おうち Home";

let browser;

before(async () => {
  assert.ok(url, "set LINEBOT_CHAT_URL to the address of the chat page");
  if (pictures) await mkdir(pictures, { recursive: true });
  browser = await chromium.launch({ executablePath, args: ARGUMENTS });
});

after(() => browser?.close());

/** A page in a fresh browser profile; anything that goes wrong in it fails the test. */
export async function visit(run, { locale = "en-US", viewport = { width: 1200, height: 760 }, ...more } = {}) {
  const context = await browser.newContext({ locale, viewport, ...more });
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("request", (request) => {
    if (new URL(request.url()).host !== new URL(url).host) troubles.push(`asked ${request.url()}`);
  });
  page.on("dialog", (dialog) => troubles.push(`dialog: ${dialog.message()}`));
  try {
    await page.goto(url);
    await page.locator(".person").first().waitFor();
    await run(page);
  } finally {
    await context.close();
  }
  assert.deepEqual(troubles, []);
}

/** A visit to a page whose updates a test can make up. */
export const visitWithUpdates = (run, options) =>
  visit(async (page) => {
    await page.addInitScript(() => {
      window.EventSource = class extends EventSource {
        constructor(address) {
          super(address);
          window.updates = this;
          this.addEventListener("everything", ({ data }) => (window.everything = data));
        }
      };
    });
    await page.reload();
    await page.locator(".person").first().waitFor();
    await run(page);
  }, options);

/** The simulator begins anew, as after a restart. */
export const tellsEverythingAgain = (page) =>
  page.evaluate(() => {
    const { everything, updates } = window;
    updates.dispatchEvent(new MessageEvent("everything", { data: everything }));
  });

/** The simulator tells what is new in a chat, and whatever else is. */
export const tells = (page, name, news = {}, more = {}) =>
  page.evaluate(
    ([name, news, more]) => {
      const all = { ...JSON.parse(window.everything), ...more };
      const chats = all.chats.filter((chat) => chat.name === name).map((chat) => ({ ...chat, lines: [], ...news }));
      window.updates.dispatchEvent(new MessageEvent("changes", { data: JSON.stringify({ ...all, chats }) }));
    },
    [name, news, more],
  );

export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** A person or group in the list; others may be named in its last message. */
export const inList = (page, name) => page.locator(".person", { has: page.locator(".person-name", { hasText: name }) });

export async function openChat(page, name) {
  const back = page.locator("#back");
  if (await back.isVisible()) await back.click();
  await inList(page, name).click();
  await page.locator("#chat").waitFor();
}

export const botBubbles = (page) => page.locator(".line.theirs:not(.loading):has(img.avatar) .bubble");
export const ownBubbles = (page) => page.locator(".line.mine .bubble");

/** Writes and sends as a person would; gives the text of the bot's answer. */
export async function ask(page, text) {
  const seen = await botBubbles(page).count();
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
  const answer = botBubbles(page).nth(seen);
  await answer.waitFor();
  return answer.innerText();
}
