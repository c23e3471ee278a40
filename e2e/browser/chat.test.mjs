// The chat page in a real browser, with a real bot behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALEX, FAMILY, MISAKI, ask, botBubbles, inList, openChat, ownBubbles, picture, visit } from "./page.mjs";

/** The tasks in an answer are the lines after its heading; what happened comes before. */
const occurrences = (text, word) => text.split("\n").filter((line) => line.includes(word)).length;

test("a task is added, shown, and done when it is sent again", () =>
  visit(async (page) => {
    await openChat(page, ALEX);
    await ask(page, "clear");
    const added = await ask(page, "milk");
    assert.equal(occurrences(added, "milk"), 2, `the news and the list: ${added}`);
    await picture(page, "desktop-light-en");
    const both = await ask(page, "bread");
    assert.match(both, /milk[^]*bread/, "the list is in order");
    const done = await ask(page, "milk");
    assert.match(done, /Done: “milk”/);
    assert.equal(occurrences(done, "milk"), 1, `the news only: ${done}`);
    assert.ok(done.includes("bread"));
    assert.equal(await page.locator("#text").inputValue(), "");
    await page.locator(".line.mine").last().getByText("Read").waitFor();
  }));

test("whoever opens the page can type at once", () =>
  visit(async (page) => {
    await page.locator("#chat").waitFor();
    await page.keyboard.type("rice");
    await page.keyboard.press("Enter");
    await ownBubbles(page).filter({ hasText: "rice" }).last().waitFor({ timeout: 5000 });
  }));

test("several lines are several tasks, and everybody has an own list in the own language", () =>
  visit(
    async (page) => {
      await openChat(page, MISAKI);
      await ask(page, "クリア");
      const field = page.locator("#text");
      await field.fill("");
      await field.pressSequentially("牛乳");
      await field.press("Shift+Enter");
      await field.pressSequentially("パン");
      const seen = await botBubbles(page).count();
      await field.press("Enter");
      const answer = botBubbles(page).nth(seen);
      await answer.waitFor();
      const text = await answer.innerText();
      assert.match(text, /牛乳[^]*パン/);
      assert.doesNotMatch(text, /Added|milk/);
      await picture(page, "desktop-dark-ja");
      await openChat(page, ALEX);
      assert.doesNotMatch(await ask(page, "list"), /牛乳/);
    },
    { locale: "ja-JP", colorScheme: "dark" },
  ));

test("an input method's Enter chooses a conversion and sends nothing", () =>
  visit(async (page) => {
    await openChat(page, MISAKI);
    const before = await ownBubbles(page).count();
    await page.locator("#text").fill("にほん");
    await page.locator("#text").evaluate((field) => {
      const enter = { key: "Enter", bubbles: true, cancelable: true };
      field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, isComposing: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, keyCode: 229 }));
    });
    assert.equal(await page.locator("#text").inputValue(), "にほん");
    assert.equal(await ownBubbles(page).count(), before);
  }));

test("in a group the bot answers when it is mentioned, whoever speaks", () =>
  visit(async (page) => {
    await openChat(page, FAMILY);
    await page.locator("#mention").click();
    const mention = await page.locator("#text").inputValue();
    await ask(page, `${mention}clear`);
    await page.locator("#text").fill("nothing for the bot");
    await page.locator("#text").press("Enter");
    await ownBubbles(page).getByText("nothing for the bot").waitFor();
    await page.locator("#speaker").getByText(ALEX).click();
    await page.locator(".line.theirs", { hasText: "nothing for the bot" }).last().waitFor();
    const answer = await ask(page, `${mention}tofu`);
    assert.match(answer, /tofu/);
    assert.doesNotMatch(answer, /nothing for the bot/);
    await page.locator(".line.mine b.mention").last().waitFor();
    await picture(page, "desktop-group");
  }));

test("whatever is written is shown as text", () =>
  visit(async (page) => {
    await openChat(page, ALEX);
    await ask(page, "clear");
    for (const text of [
      `<script>alert("no")</script>`,
      `<img src=x onerror=alert(1)>`,
      "שלום עולם",
      "👩‍👩‍👧‍👦 🥛",
      "a".repeat(400),
    ]) {
      const answer = await ask(page, text);
      assert.ok(answer.includes(text), answer);
      assert.equal(await ownBubbles(page).last().innerText(), text);
    }
    assert.equal(await page.locator("#log script, #log .bubble img").count(), 0);
    const width = await page.locator("#log").evaluate((log) => log.scrollWidth - log.clientWidth);
    assert.equal(width, 0, "long titles wrap");
    await picture(page, "desktop-odd-texts");
    await ask(page, "clear");
  }));

test("a reload keeps the chat, the language and the person who speaks", () =>
  visit(async (page) => {
    await openChat(page, FAMILY);
    await page.locator("#speaker").getByText(ALEX).click();
    await page.locator("#language").click();
    await page.getByRole("button", { name: "English" }).waitFor();
    const before = await page.locator("#lines").innerText();
    await page.reload();
    await page.locator("#lines li").first().waitFor();
    assert.equal(await page.locator("#chat-name").innerText(), FAMILY);
    assert.equal(await page.locator("#lines").innerText(), before);
    assert.equal(await page.getByRole("radio", { name: ALEX }).isChecked(), true);
    assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  }));

test("a message can be taken back, and in a group edited", () =>
  visit(async (page) => {
    await openChat(page, FAMILY);
    await page.locator("#mention").click();
    const mention = await page.locator("#text").inputValue();
    await ask(page, `${mention}clear`);
    await ask(page, `${mention}eggs`);
    const own = page.locator(".line.mine").last();
    await own.hover();
    await own.getByRole("button", { name: "Edit" }).click();
    await page.locator("#text").fill(`${mention}six eggs`);
    await page.locator("#text").press("Enter");
    await own.getByText("six eggs").waitFor();
    await own.getByText("Edited").waitFor();
    await own.hover();
    await own.getByRole("button", { name: "Unsend" }).click();
    await page.getByText("You unsent a message").last().waitFor();
    assert.equal(await ownBubbles(page).getByText("six eggs").count(), 0);
  }));

test("a blocked bot hears nothing, and welcomes back whoever unblocks it", () =>
  visit(async (page) => {
    await openChat(page, ALEX);
    await ask(page, "clear");
    await ask(page, "kept while blocked");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await page.getByRole("button", { name: "Unblock" }).waitFor();
    assert.equal(await page.locator("#text").isDisabled(), true);
    const seen = await botBubbles(page).count();
    await page.getByRole("button", { name: "Unblock" }).click();
    await botBubbles(page).nth(seen).waitFor();
    assert.match(await ask(page, "list"), /kept while blocked/);
    await ask(page, "clear");
  }));

test("stickers and photos are sent, and the bot says what it can do", () =>
  visit(async (page) => {
    await openChat(page, MISAKI);
    for (const [button, tray] of [
      ["#sticker", "#stickers"],
      ["#attach", "#attachments"],
    ]) {
      const seen = await botBubbles(page).count();
      await page.locator(button).click();
      await page.locator(`${tray} button`).first().click();
      await botBubbles(page).nth(seen).waitFor();
      assert.equal(await page.locator(tray).isVisible(), false);
    }
    await page.locator(".line.mine .sticker").last().waitFor();
  }));

test("on a phone the list and the chat are one after the other", () =>
  visit(
    async (page) => {
      await inList(page, MISAKI).waitFor();
      await picture(page, "phone-list");
      assert.equal(await page.locator("#chat").isVisible(), false);
      await openChat(page, MISAKI);
      assert.equal(await page.locator(".people").isVisible(), false);
      await page.locator("#text").fill("一覧");
      const seen = await botBubbles(page).count();
      await page.locator("#send").click();
      await botBubbles(page).nth(seen).waitFor();
      const end = await page.locator("#log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
      assert.ok(end <= 1, "the newest line is in sight");
      await picture(page, "phone-chat");
      await page.locator("#back").click();
      await inList(page, ALEX).waitFor();
    },
    { viewport: { width: 390, height: 760 }, locale: "ja-JP", colorScheme: "dark", hasTouch: true, isMobile: true },
  ));

test("two windows show the same, and the other chats count what is new", () =>
  visit((first) =>
    visit(async (second) => {
      await openChat(first, ALEX);
      await openChat(second, MISAKI);
      const seen = await botBubbles(first).count();
      await ask(first, "list");
      await inList(second, ALEX).locator(".badge").waitFor();
      await openChat(second, ALEX);
      await botBubbles(second).nth(seen).waitFor();
      assert.equal(await inList(second, ALEX).locator(".badge").count(), 0);
    }),
  ));
