// The page by ear and by keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALEX,
  FAMILY,
  MISAKI,
  botBubbles,
  inList,
  openChat,
  ownBubbles,
  tells,
  tellsEverythingAgain,
  visit,
  visitWithUpdates,
} from "./page.mjs";

const field = (page) => page.locator("#text");
const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

/** What a test makes up has higher numbers than what the simulator tells. */
const MADE_UP = 1_000_000;

const line = (author, json) => ({
  number: MADE_UP,
  at: Date.now(),
  author,
  message: { id: "made up", json, edited: false },
  unsent: false,
});

/** A line of the person who speaks in the open chat. */
async function ownLine(page, text, more = {}) {
  const speaker = page.locator("#speaker input:checked");
  const author = (await speaker.count()) ? await speaker.inputValue() : new URL(page.url()).hash.slice(1);
  const delivery = { state: "queued", redeliveries: 0 };
  return { ...line(author, { type: "text", text }), delivery, ...more };
}

const withDelivery = (line, state, redeliveries = 0) => ({
  ...line,
  delivery: { state, redeliveries, reason: "error_status_code", status: 503 },
});

/** An answer of the bot with quick replies. */
const botLine = (labels) => {
  const items = labels.map((label) => ({ type: "action", action: { type: "message", label, text: label } }));
  return line(null, { type: "text", text: "What now?", quickReply: { items } });
};

/** From now on the page notes what a screen reader reads out: whatever comes into a part of it that is live. */
const listens = (page) =>
  page.evaluate(() => {
    const isHeard = (element) => {
      const region = element.closest("[aria-live], [role=log], [role=status], [role=alert]");
      return region && region.getAttribute("aria-live") !== "off" && !element.closest("[hidden], [aria-hidden=true]");
    };
    const words = (node) => {
      if (node instanceof Text) return isHeard(node.parentElement) ? node.data : "";
      return [...node.childNodes].map(words).filter(Boolean).join(" ");
    };
    window.heard = [];
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        const news = type === "characterData" ? [target] : [...addedNodes];
        window.heard.push(...news.filter((node) => node.isConnected).map(words).filter(Boolean));
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });

/** What was read out since this was asked last. */
const heard = (page) => page.evaluate(() => window.heard.splice(0));

test("a message is read out once, and that it arrived is not", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    const own = await ownLine(page, "once");
    await listens(page);
    await tells(page, ALEX, { lines: [own] });
    const [first, ...others] = await heard(page);
    assert.match(first, /once$/);
    assert.doesNotMatch(first, /Sending/);
    assert.deepEqual(others, []);
    for (const state of ["sending", "delivered"]) await tells(page, ALEX, { lines: [withDelivery(own, state)] });
    await page.locator(".line.mine", { hasText: "once" }).getByText("Read").waitFor();
    assert.deepEqual(await heard(page), []);
  }));

test("that a message did not arrive is read out when it is certain", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    const own = await ownLine(page, "lost");
    await tells(page, ALEX, { lines: [own] });
    await listens(page);
    for (const again of [0, 1, 2]) {
      await tells(page, ALEX, { lines: [withDelivery(own, "sending", again)] });
      await tells(page, ALEX, { lines: [withDelivery(own, "retrying", again)] });
    }
    await page.getByText("Not delivered, will retry").waitFor();
    assert.deepEqual(await heard(page), []);
    await tells(page, ALEX, { lines: [withDelivery(own, "failed", 2)] });
    assert.deepEqual(await heard(page), ["⚠ The bot did not get this (status 503) · sent 2× more"]);
  }));

test("a message that was edited is read out as it is now, one that was taken back as gone", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, FAMILY);
    const own = await ownLine(page, "eggs");
    await tells(page, FAMILY, { lines: [own] });
    await listens(page);
    const message = { ...own.message, json: { type: "text", text: "six eggs" }, edited: true };
    for (const state of ["queued", "sending", "delivered"]) {
      await tells(page, FAMILY, { lines: [withDelivery({ ...own, message }, state)] });
    }
    assert.deepEqual((await heard(page)).sort(), ["Edited", "six eggs"]);
    for (const state of ["queued", "sending", "delivered"]) {
      await tells(page, FAMILY, { lines: [withDelivery({ ...own, message: undefined, unsent: true }, state)] });
    }
    assert.deepEqual(await heard(page), ["You unsent a message"]);
  }));

test("the keyboard stays in the list of chats whatever happens", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    for (const [here, there] of [
      [ALEX, ALEX],
      [MISAKI, ALEX],
      [MISAKI, MISAKI],
    ]) {
      await inList(page, here).focus();
      await tells(page, there, { lines: [line(null, { type: "text", text: `for ${there}` })] });
      await inList(page, there).getByText(`for ${there}`).waitFor();
      assert.ok(await hasFocus(inList(page, here)), `in ${here} when ${there} has news`);
    }
    assert.equal(await inList(page, MISAKI).locator(".badge").innerText(), "1");
    await page.keyboard.press("Enter");
    assert.equal(await inList(page, MISAKI).locator(".badge").count(), 0);
    assert.equal(await inList(page, MISAKI).getAttribute("aria-current"), "true");
    assert.equal(await inList(page, ALEX).getAttribute("aria-current"), null);
  }));

test("the keyboard stays on a quick reply, and writes on when it is gone", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    const chip = (name) => page.locator("#quick").getByRole("button", { name });
    await tells(page, ALEX, { lines: [botLine(["list", "help"])] });
    await chip("help").focus();
    await tells(page, ALEX, { loadingMs: 1 });
    assert.ok(await hasFocus(chip("help")), "when nothing is new");
    await tells(page, ALEX, { lines: [{ ...botLine(["help", "undo"]), number: MADE_UP + 1 }] });
    assert.ok(await hasFocus(chip("help")), "when there are others beside it");
    assert.equal(await chip("list").count(), 0);
    const seen = await botBubbles(page).count();
    await page.keyboard.press("Enter");
    await botBubbles(page).nth(seen).waitFor();
    assert.equal(await ownBubbles(page).last().innerText(), "help");
    assert.equal(await chip("help").count(), 0);
    assert.ok(await hasFocus(field(page)));
  }));

test("the keyboard stays at a message, and writes on when it is taken back", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, FAMILY);
    const own = await ownLine(page, "five eggs");
    await tells(page, FAMILY, { lines: [own] });
    const tool = (name) => page.locator(".line.mine").last().getByRole("button", { name });
    const bubble = page.locator(".line.mine .bubble").last();
    for (const place of [tool("Edit"), tool("Unsend"), bubble]) {
      await place.focus();
      for (const state of ["sending", "delivered", "queued"]) {
        await tells(page, FAMILY, { lines: [withDelivery(own, state)] });
        assert.ok(await hasFocus(place), `when it is ${state}`);
      }
    }
    const message = { ...own.message, json: { type: "text", text: "six eggs" }, edited: true };
    await tells(page, FAMILY, { lines: [{ ...own, message }] });
    assert.ok(await hasFocus(bubble), "when it is edited elsewhere");
    await tool("Edit").press("Enter");
    assert.equal(await field(page).inputValue(), "six eggs", "what is edited is the text of now");
    await page.locator("#cancel-edit").click();
    await tool("Unsend").focus();
    await tells(page, FAMILY, { lines: [{ ...own, message: undefined, unsent: true }] });
    assert.ok(await hasFocus(field(page)));
  }));

test("the key of a phone says what it does", () =>
  visit(
    async (page) => {
      await openChat(page, MISAKI);
      await field(page).fill("牛乳");
      await field(page).press("Enter");
      assert.equal(await field(page).inputValue(), "牛乳\n");
      assert.equal(await field(page).getAttribute("enterkeyhint"), "enter");
      // A mouse is plugged in.
      const devices = await page.context().newCDPSession(page);
      await devices.send("Emulation.setTouchEmulationEnabled", { enabled: false });
      await page.waitForFunction(() => !matchMedia("(pointer: coarse)").matches);
      await page.locator("#text[enterkeyhint=send]").waitFor();
      await field(page).press("Enter");
      await page.locator(".line.mine .bubble").getByText("牛乳").waitFor();
    },
    { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true },
  ));

test("what the page says of itself is read out when it changes only", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    const noBot = () => tells(page, ALEX, {}, { hasWebhookUrl: false });
    const noSimulator = () => page.evaluate(() => void window.updates.dispatchEvent(new Event("error")));
    await noBot();
    await noSimulator();
    await listens(page);
    await noBot();
    await noSimulator();
    await page.locator("#no-bot").waitFor();
    await page.getByText("Connection lost").waitFor();
    assert.deepEqual(await heard(page), []);
  }));

test("the keyboard stays on who speaks when somebody comes", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, FAMILY);
    const alex = page.getByRole("radio", { name: ALEX });
    await alex.check();
    const { chats } = await page.evaluate(() => JSON.parse(window.everything));
    const { members } = chats.find(({ name }) => name === FAMILY);
    const sam = { ...members[0], id: "made up", name: "Sam" };
    await tells(page, FAMILY, { members: [sam, ...members] });
    await page.getByRole("radio", { name: "Sam" }).waitFor();
    assert.ok(await hasFocus(alex));
    assert.ok(await alex.isChecked());
  }));

test("a restart of the simulator leaves the keyboard where it is", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    for (const place of [inList(page, MISAKI), page.locator("#language"), field(page)]) {
      await place.focus();
      await tellsEverythingAgain(page);
      assert.ok(await hasFocus(place));
    }
    await tells(page, ALEX, { lines: [botLine(["list"])] });
    await page.locator("#quick button").focus();
    await tellsEverythingAgain(page);
    assert.ok(await hasFocus(field(page)), "whose place is gone writes on");
  }));

test("the keyboard has a place when what it used is gone", () =>
  visitWithUpdates(
    async (page) => {
      await openChat(page, ALEX);
      await page.locator("#sticker").press("Enter");
      assert.ok(await hasFocus(page.locator("#stickers button").first()));
      await page.keyboard.press("Escape");
      assert.ok(await hasFocus(page.locator("#sticker")));

      const long = Array.from({ length: 40 }, (_, at) => ({ ...botLine([]), number: MADE_UP + at }));
      await tells(page, ALEX, { lines: long });
      await page.locator("#log").evaluate((log) => (log.scrollTop = 0));
      await page.waitForFunction(() => document.getElementById("log").scrollTop === 0);
      await tells(page, ALEX, { lines: [{ ...botLine([]), number: MADE_UP + 40 }] });
      await page.locator("#newer").press("Enter");
      assert.ok(await hasFocus(field(page)));

      await page.locator("#back").press("Enter");
      assert.ok(await hasFocus(inList(page, ALEX)));
    },
    { viewport: { width: 600, height: 760 } },
  ));

test("after a message that was taken back the next one says who wrote it", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, FAMILY);
    const author = await page.locator("#speaker input:not(:checked)").first().inputValue();
    const [one, two] = [MADE_UP, MADE_UP + 1];
    const said = async (number) => ({ ...(await ownLine(page, `number ${number}`)), author, number, delivery: undefined });
    await tells(page, FAMILY, { lines: [await said(one), await said(two)] });
    const name = page.locator(".line", { hasText: `number ${two}` }).locator(".author");
    assert.equal(await name.isVisible(), false);
    await listens(page);
    await tells(page, FAMILY, { lines: [{ ...(await said(one)), message: undefined, unsent: true }] });
    assert.equal(await name.isVisible(), true);
    assert.deepEqual(await heard(page), [`${await name.innerText()} unsent a message`]);
  }));
