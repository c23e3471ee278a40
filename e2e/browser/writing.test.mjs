// Whatever happens around somebody who writes, the words stay.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALEX,
  FAMILY,
  MISAKI,
  inList,
  openChat,
  ownBubbles,
  tells,
  tellsEverythingAgain,
  visit,
  visitWithUpdates,
} from "./page.mjs";

const field = (page) => page.locator("#text");
const written = (page) => field(page).inputValue();
const editingBar = (page) => page.locator("#editing");

/** Sends a message to the group and begins to edit it; `draft` was being written meanwhile. */
async function beginEdit(page, message, draft = "") {
  await openChat(page, FAMILY);
  await field(page).fill(message);
  await field(page).press("Enter");
  const line = page.locator(".line.mine", { hasText: message }).last();
  await line.waitFor();
  await field(page).fill(draft);
  await line.hover();
  await line.getByRole("button", { name: "Edit" }).click();
  await editingBar(page).waitFor();
  assert.equal(await written(page), message);
}

/** The next action of the page does not reach the simulator. */
const losesTheNextAction = (page) =>
  page.evaluate(() => {
    const { fetch } = window;
    window.fetch = async () => {
      window.fetch = fetch;
      throw new TypeError("offline");
    };
  });

test("an edit that does not arrive is still an edit", () =>
  visit(async (page) => {
    await beginEdit(page, "two apples");
    await field(page).fill("three apples");
    await losesTheNextAction(page);
    await field(page).press("Enter");
    await page.locator("#toast").waitFor();
    assert.equal(await written(page), "three apples");
    assert.equal(await editingBar(page).isVisible(), true);
    const before = await ownBubbles(page).count();
    await field(page).press("Enter");
    await ownBubbles(page).getByText("three apples").waitFor();
    assert.equal(await ownBubbles(page).count(), before, "the message was edited, and none sent");
    assert.equal(await editingBar(page).isVisible(), false);
  }));

test("a message that does not arrive is in the field again", () =>
  visit(async (page) => {
    await openChat(page, ALEX);
    await field(page).fill("not lost");
    await losesTheNextAction(page);
    await field(page).press("Enter");
    await page.locator("#toast").waitFor();
    assert.equal(await written(page), "not lost");
    assert.equal(await editingBar(page).isVisible(), false);
  }));

test("a message that gets no answer is in the field again", () =>
  visit(async (page) => {
    await page.addInitScript(() => {
      const { timeout } = AbortSignal;
      AbortSignal.timeout = () => timeout.call(AbortSignal, 100);
    });
    await page.reload();
    await openChat(page, ALEX);
    await page.route("**/simulator/actions", () => {});
    await field(page).fill("nobody there");
    await field(page).press("Enter");
    await page.locator("#toast").waitFor();
    assert.equal(await written(page), "nobody there");
  }));

test("what is written first arrives first", () =>
  visit(async (page) => {
    await openChat(page, FAMILY);
    await page.evaluate(() => {
      const { fetch } = window;
      window.started = 0;
      const first = new Promise((resolve) => (window.goOn = resolve));
      window.fetch = async (...request) => {
        window.started += 1;
        if (window.started === 1) await first;
        return fetch(...request);
      };
    });
    for (const text of ["the first", "the second"]) {
      await field(page).fill(text);
      await field(page).press("Enter");
    }
    assert.equal(await page.evaluate(() => window.started), 1, "the second waits");
    await page.evaluate(() => window.goOn());
    await ownBubbles(page).getByText("the second").waitFor();
    assert.deepEqual((await ownBubbles(page).allInnerTexts()).slice(-2), ["the first", "the second"]);
  }));

test("what was being written comes back after an edit", () =>
  visit(async (page) => {
    await beginEdit(page, "a pear", "buy eggs");
    await page.locator("#cancel-edit").click();
    assert.equal(await written(page), "buy eggs");
    await beginEdit(page, "a plum", "buy flour");
    await field(page).fill("six plums");
    await field(page).press("Enter");
    await ownBubbles(page).getByText("six plums").waitFor();
    assert.equal(await written(page), "buy flour");
  }));

test("an edit waits while another chat is open", () =>
  visit(async (page) => {
    await beginEdit(page, "a fig", "buy salt");
    await field(page).fill("ten figs");
    await openChat(page, ALEX);
    assert.equal(await editingBar(page).isVisible(), false);
    assert.equal(await written(page), "");
    await openChat(page, FAMILY);
    assert.equal(await editingBar(page).isVisible(), true);
    assert.equal(await written(page), "ten figs");
    await page.locator("#cancel-edit").click();
    assert.equal(await written(page), "buy salt");
  }));

test("an input method's Escape ends a conversion and no edit", () =>
  visit(async (page) => {
    await beginEdit(page, "にほん");
    await field(page).evaluate((field) => {
      const escape = { key: "Escape", bubbles: true, cancelable: true };
      field.dispatchEvent(new KeyboardEvent("keydown", { ...escape, isComposing: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { ...escape, keyCode: 229 }));
    });
    assert.equal(await editingBar(page).isVisible(), true);
    assert.equal(await written(page), "にほん");
    await field(page).press("Escape");
    assert.equal(await editingBar(page).isVisible(), false);
  }));

test("a restart of the simulator takes no words and no speaker", () =>
  visitWithUpdates(async (page) => {
    await openChat(page, ALEX);
    await field(page).fill("for Alex");
    await openChat(page, FAMILY);
    await page.locator("#speaker").getByText(ALEX).click();
    await page.evaluate(() => localStorage.clear());
    await field(page).fill("half a sent");
    await field(page).press("ArrowLeft");
    await tellsEverythingAgain(page);
    await page.keyboard.type("-");
    assert.equal(await written(page), "half a sen-t");
    assert.equal(await page.getByRole("radio", { name: ALEX }).isChecked(), true);
    await openChat(page, ALEX);
    assert.equal(await written(page), "for Alex");
  }));

test("a restart of the simulator ends no edit", () =>
  visitWithUpdates(async (page) => {
    await beginEdit(page, "a melon", "buy rice");
    await field(page).fill("two melons");
    await tellsEverythingAgain(page);
    assert.equal(await written(page), "two melons");
    assert.equal(await editingBar(page).isVisible(), true);
    await page.locator("#cancel-edit").click();
    assert.equal(await written(page), "buy rice");
  }));

test("the loading dots end when they should, whenever one looks", () =>
  visitWithUpdates(async (page) => {
    const dots = page.locator("#loading");
    await openChat(page, MISAKI);
    await tells(page, ALEX, { loadingMs: 60_000 });
    await openChat(page, ALEX);
    assert.equal(await dots.isVisible(), true);
    await openChat(page, MISAKI);
    assert.equal(await dots.isVisible(), false);
    await tells(page, ALEX, { loadingMs: 500 });
    await page.waitForTimeout(600);
    await inList(page, ALEX).click();
    assert.equal(await dots.isVisible(), false, "the time had passed before the chat was opened");
  }));
