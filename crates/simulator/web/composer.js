// Where a person writes: text, mentions, stickers, attachments, edits.

import { byId, make } from "./dom.js";
import { STICKER_PACKAGE, STICKERS } from "./lines.js";
import { state, tell } from "./state.js";
import { say } from "./texts.js";

const TOAST_MS = 4_000;

const text = byId("text");
const coarse = matchMedia("(pointer: coarse)");

/** The message being edited. */
let editing = null;
let toastTimer = 0;

/** Tells the simulator, and the person when it was refused; gives whether it was done. */
export async function does(action) {
  const refusal = await tell(action);
  if (refusal) complain(say(`refusals.${refusal}`) ?? say("refusals.other"));
  return refusal === null;
}

function complain(words) {
  const toast = byId("toast");
  toast.textContent = words;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
}

/** Everybody whose @name is in the text, the bot included. */
export function mentionsIn(words) {
  const chat = state.current;
  if (chat.kind === "user") return [];
  const members = chat.members.filter(({ name }) => words.includes(`@${name}`)).map(({ id }) => ({ user: id }));
  return words.includes(`@${state.bot.name}`) ? ["bot", ...members] : members;
}

/** Shows what was being written in the chat that is open now. */
export function openDraft() {
  stopEditing();
  closeTrays();
  text.value = state.current?.draft ?? "";
  fit();
}

export function focusComposer() {
  // On a phone the keyboard would cover half of the chat.
  if (!coarse.matches) text.focus();
}

/** @param silence why the person cannot write now, or nothing */
export function showComposer(silence) {
  const group = state.current.kind !== "user";
  text.disabled = Boolean(silence);
  text.placeholder = silence ?? (group ? say("messageInGroup", { bot: state.bot.name }) : say("message"));
  for (const id of ["send", "sticker", "attach", "mention"]) byId(id).disabled = Boolean(silence);
  byId("mention").hidden = !group;
}

async function send() {
  const words = text.value;
  const chat = state.current;
  if (!words.trim() || text.disabled) return;
  const mentions = mentionsIn(words);
  const action = editing
    ? { type: "edit", messageId: editing, text: words, mentions }
    : { type: "text", text: words, mentions };
  text.value = "";
  stopEditing();
  fit();
  const done = await does(action);
  if (!done && chat === state.current && !text.value) {
    text.value = words;
    fit();
  }
}

/** Makes the field as high as its text, and remembers the text with the chat. */
function fit() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  if (state.current) state.current.draft = editing ? "" : text.value;
}

export function startEditing(line) {
  editing = line.message.id;
  text.value = line.message.json.text;
  byId("editing").hidden = false;
  fit();
  text.focus();
}

function stopEditing() {
  if (editing) text.value = "";
  editing = null;
  byId("editing").hidden = true;
}

function cancelEditing() {
  stopEditing();
  fit();
  focusComposer();
}

function mentionBot() {
  const label = `@${state.bot.name}`;
  if (!text.value.includes(label)) {
    text.setRangeText(`${label} `, text.selectionStart, text.selectionEnd, "end");
    fit();
  }
  text.focus();
}

const TRAYS = [
  ["sticker", "stickers"],
  ["attach", "attachments"],
];

function closeTrays() {
  for (const [button, tray] of TRAYS) {
    byId(tray).hidden = true;
    byId(button).setAttribute("aria-expanded", "false");
  }
}

function toggleTray(button, tray) {
  const opens = byId(tray).hidden;
  closeTrays();
  byId(tray).hidden = !opens;
  byId(button).setAttribute("aria-expanded", String(opens));
  if (opens) byId(tray).querySelector("button").focus();
}

function trayButton(label, title, action) {
  const click = () => {
    closeTrays();
    does(action);
    focusComposer();
  };
  return make("button", { type: "button", title, "aria-label": title, click }, label);
}

/** Fills the trays in the language of the page. */
export function fillTrays() {
  const stickers = Object.entries(STICKERS).map(([stickerId, picture]) =>
    trayButton(picture, `${say("sticker")} ${picture}`, { type: "sticker", packageId: STICKER_PACKAGE, stickerId }),
  );
  byId("stickers").replaceChildren(...stickers);
  const place = { title: say("place"), address: say("address"), latitude: 35.681236, longitude: 139.767125 };
  const attachments = [
    ["🖼️", "image", {}],
    ["🎬", "video", {}],
    ["🎤", "audio", {}],
    ["📄", "file", { name: "memo.pdf", size: 2_048 }],
    ["📍", "location", place],
  ].map(([icon, type, more]) => trayButton(`${icon} ${say(type)}`, say(type), { type, ...more }));
  byId("attachments").replaceChildren(...attachments);
}

text.addEventListener("input", fit);
text.addEventListener("keydown", (event) => {
  // While an input method composes, Enter chooses a conversion. Some browsers say so by key code 229 only.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  // On a phone's keyboard Enter makes a new line; there is a button for sending.
  if (coarse.matches) return;
  event.preventDefault();
  send();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closeTrays();
  if (editing) cancelEditing();
});
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
byId("mention").addEventListener("click", mentionBot);
byId("cancel-edit").addEventListener("click", cancelEditing);
for (const [button, tray] of TRAYS) byId(button).addEventListener("click", () => toggleTray(button, tray));
