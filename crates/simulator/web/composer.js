// Where a person writes: text, mentions, stickers, attachments, edits.

import { byId, make } from "./dom.js";
import { STICKER_PACKAGE, STICKERS } from "./lines.js";
import { state, tell } from "./state.js";
import { say } from "./texts.js";

const TOAST_MS = 4_000;

const text = byId("text");
const coarse = matchMedia("(pointer: coarse)");

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

/** What the field holds in a chat: the text of an edit while there is one, otherwise a message that is new. */
const writtenIn = (chat) => chat.edit?.text ?? chat.draft;

function showWritten() {
  const chat = state.current;
  text.value = writtenIn(chat);
  byId("editing").hidden = !chat.edit;
  fit();
}

/** Shows what was being written in the chat that is open now. */
export function openDraft() {
  closeTrays();
  showWritten();
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
  const { edit } = chat;
  const mentions = mentionsIn(words);
  const action = edit
    ? { type: "edit", messageId: edit.messageId, text: words, mentions }
    : { type: "text", text: words, mentions };
  if (edit) chat.edit = null;
  else chat.draft = "";
  showWritten();
  const left = writtenIn(chat);
  // Words that were refused come back, unless the person has gone on writing.
  if ((await does(action)) || chat.edit || writtenIn(chat) !== left) return;
  if (edit) chat.edit = edit;
  else chat.draft = words;
  if (chat === state.current) showWritten();
}

/** Makes the field as high as its text, and remembers the text with the chat. */
function fit() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  const chat = state.current;
  if (chat?.edit) chat.edit.text = text.value;
  else if (chat) chat.draft = text.value;
}

export function startEditing({ message }) {
  state.current.edit = { messageId: message.id, text: message.json.text };
  showWritten();
  text.focus();
}

function cancelEditing() {
  state.current.edit = null;
  showWritten();
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
    if (byId(tray).contains(document.activeElement)) byId(button).focus();
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

/** While an input method composes, its keys choose and end conversions. Some browsers say so by key code 229 only. */
const composes = (event) => event.isComposing || event.keyCode === 229;

/** On a phone's keyboard Enter makes a new line; there is a button for sending. */
const showEnterKey = () => (text.enterKeyHint = coarse.matches ? "enter" : "send");

showEnterKey();
coarse.addEventListener("change", showEnterKey);
text.addEventListener("input", fit);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || composes(event) || coarse.matches) return;
  event.preventDefault();
  send();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || composes(event)) return;
  closeTrays();
  if (state.current?.edit) cancelEditing();
});
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
byId("mention").addEventListener("click", mentionBot);
byId("cancel-edit").addEventListener("click", cancelEditing);
for (const [button, tray] of TRAYS) byId(button).addEventListener("click", () => toggleTray(button, tray));
