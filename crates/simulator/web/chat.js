// The chat page: the list of chats, and the one that is open.

import { does, fillTrays, focusComposer, mentionsIn, openDraft, showComposer, startEditing } from "./composer.js";
import { avatar, byId, make, remember, remembered, renew, renewChildren, showText } from "./dom.js";
import { lineElement, preview } from "./lines.js";
import { listen, state } from "./state.js";
import { currentLanguage, say, switchLanguage, translatePage } from "./texts.js";

/** This close to the end counts as reading along. */
const NEAR_END = 80;

const log = byId("log");
const lineList = byId("lines");
const narrow = matchMedia("(max-width: 720px)");
let loadingTimer = 0;

// ---- Which chat is open ----------------------------------------------------------------------------------

/** The chat the address names; without one the first in the page's language, or the list on a narrow screen. */
function wanted() {
  const named = state.chats.get(location.hash.slice(1));
  if (named || narrow.matches) return named;
  const all = [...state.chats.values()];
  return all.find(({ members }) => members[0]?.language?.startsWith(currentLanguage())) ?? all[0];
}

function open(chat) {
  if (chat && location.hash.slice(1) !== chat.id) history.replaceState(null, "", `#${chat.id}`);
  state.current = chat ?? null;
  document.body.classList.toggle("in-chat", Boolean(chat));
  byId("chat").hidden = !chat;
  if (chat) {
    chat.unread = 0;
    const speaker = remembered(`speaker ${chat.id}`);
    if (chat.members.some(({ id }) => id === speaker)) chat.speaker = speaker;
    openDraft();
    showFrame();
    showAllLines();
  }
  showChatList();
}

/** Opens it for somebody who is about to write. */
function enter(chat) {
  open(chat);
  focusComposer();
}

function showChatList() {
  renewChildren(byId("chats"), ...[...state.chats.values()].map(chatItem));
}

function chatItem(chat) {
  const last = [...chat.lines.values()].findLast(({ message }) => message);
  const single = chat.kind === "user";
  const names = chat.members.map(({ name }) => name);
  const click = () => enter(chat);
  const button = make(
    "button.person",
    { type: "button", click, "aria-current": chat === state.current ? "true" : null },
    make(single ? "span.faces" : "span.faces.several", { "aria-hidden": "true" }, ...names.slice(0, 2).map(avatar)),
    make(
      "span.person-text",
      {},
      make("span.person-name", { dir: "auto" }, chat.name, isBlocked(chat) ? " 🚫" : ""),
      make("span.person-last", { dir: "auto" }, last ? preview(last.message, chat) : names.join(", ")),
    ),
    chat.unread > 0 ? make("span.badge", {}, chat.unread > 99 ? "99+" : String(chat.unread)) : null,
  );
  return make("li", { "data-key": chat.id }, button);
}

const isBlocked = (chat) => chat.kind === "user" && chat.members[0]?.friendship === "blocked";

// ---- The lines of the open chat --------------------------------------------------------------------------

function elementOf(line, chat, before) {
  // It may change before somebody edits it.
  const act = { does, edit: ({ number }) => startEditing(chat.lines.get(number)) };
  return lineElement(line, chat, { me: chat.speaker, botName: state.bot.name, before, act });
}

function showAllLines() {
  const chat = state.current;
  const lines = [...chat.lines.values()];
  // The whole history is nothing to read out.
  log.setAttribute("aria-live", "off");
  lineList.replaceChildren(...lines.map((line, at) => elementOf(line, chat, lines[at - 1])));
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  toEnd();
}

function showChanges(chat, lines) {
  if (chat !== state.current) return;
  const readingAlong = isAtEnd();
  const focused = document.activeElement;
  const all = [...chat.lines.values()];
  const changed = new Set(lines);
  let fromMe = false;
  let fromOthers = false;
  for (const [at, line] of all.entries()) {
    const before = all[at - 1];
    // How a line looks depends on the one before.
    if (!changed.has(line) && !changed.has(before)) continue;
    const element = elementOf(line, chat, before);
    const shown = lineList.querySelector(`[data-number="${line.number}"]`);
    if (shown) {
      renew(shown, element);
    } else {
      lineList.append(element);
      fromMe ||= line.author === chat.speaker;
      fromOthers ||= line.author !== chat.speaker;
    }
  }
  while (lineList.children.length > all.length) lineList.firstElementChild.remove();
  showFrame();
  if (readingAlong || fromMe) toEnd();
  else if (fromOthers) byId("newer").hidden = false;
  // What had the keyboard is gone.
  if (!focused.isConnected) focusComposer();
}

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;

function toEnd() {
  byId("newer").hidden = true;
  log.scrollTop = log.scrollHeight;
}

// ---- Everything around the lines -------------------------------------------------------------------------

function showFrame() {
  const chat = state.current;
  const group = chat.kind !== "user";
  const names = chat.members.map(({ name }) => name).join(", ");
  byId("chat-name").textContent = group ? chat.name : state.bot.name;
  byId("chat-note").textContent = group
    ? say("inGroup", { names, bot: chat.botPresent ? state.bot.name : "–" })
    : say("youAre", { name: chat.name });
  byId("no-bot").hidden = state.hasWebhookUrl;
  showText(byId("no-bot"), say("noBot"));
  showRelation(chat, group);
  showLoading(chat);
  showQuickReplies(chat);
  showSpeakers(chat, group);
  if (group) showComposer(chat.botPresent ? null : say("botAbsent"));
  else showComposer(isBlocked(chat) ? say("blockedHere") : null);
}

function showRelation(chat, group) {
  const steps = { friend: "block", blocked: "unblock", stranger: "follow" };
  const step = group ? (chat.botPresent ? "removeBot" : "inviteBot") : steps[chat.members[0]?.friendship];
  const button = byId("relation");
  button.textContent = say(step);
  button.onclick = () => does({ type: step });
  button.classList.toggle("wanted", ["unblock", "follow", "inviteBot"].includes(step));
}

function showLoading(chat) {
  const dots = byId("loading");
  const readingAlong = isAtEnd();
  clearTimeout(loadingTimer);
  const loadingMs = chat.loadingUntil - performance.now();
  dots.hidden = loadingMs <= 0;
  dots.querySelector(".dots").setAttribute("aria-label", say("typing"));
  if (dots.hidden) return;
  if (readingAlong) toEnd();
  loadingTimer = setTimeout(() => {
    if (chat === state.current) dots.hidden = true;
  }, loadingMs);
}

/** LINE shows those of the last message only, until anybody writes. */
function showQuickReplies(chat) {
  const last = [...chat.lines.values()].at(-1);
  const items = (last?.author === null && last.message?.json.quickReply?.items) || [];
  const chips = items.flatMap(({ action }) => {
    const taps = {
      message: () => does({ type: "text", text: action.text, mentions: mentionsIn(action.text) }),
      postback: () => does({ type: "postback", data: action.data, displayText: action.displayText }),
    };
    const click = taps[action.type];
    const key = JSON.stringify(action);
    return click ? [make("button.chip", { type: "button", "data-key": key, click, dir: "auto" }, action.label)] : [];
  });
  renewChildren(byId("quick"), ...chips);
  byId("quick").hidden = chips.length === 0;
}

function showSpeakers(chat, group) {
  const speakers = byId("speaker");
  speakers.hidden = !group || chat.members.length < 2;
  const choices = chat.members.map(({ id, name }) => {
    const change = () => {
      state.current.speaker = id;
      remember(`speaker ${state.current.id}`, id);
      showAllLines();
    };
    const input = make("input", { type: "radio", name: "speaker", value: id, change });
    return make("label", { "data-key": id }, input, make("span", {}, name));
  });
  renewChildren(speakers, make("span.speaker-label", { "aria-hidden": "true" }, say("speakAs")), ...choices);
  for (const input of speakers.querySelectorAll("input")) input.checked = input.value === chat.speaker;
}

function showConnection(connected) {
  document.body.classList.toggle("lost", !connected);
  showText(byId("connection"), say(connected ? "connected" : "refusals.unreachable"));
  byId("connection").classList.toggle("is-lost", !connected);
}

// ---- Start -----------------------------------------------------------------------------------------------

function translate() {
  translatePage();
  byId("language").textContent = say("otherLanguage");
  byId("language").lang = currentLanguage() === "ja" ? "en" : "ja";
  showConnection(!document.body.classList.contains("lost"));
  fillTrays();
  showChatList();
  if (state.current) {
    showFrame();
    showAllLines();
  }
}

byId("newer").addEventListener("click", () => {
  toEnd();
  focusComposer();
});
byId("back").addEventListener("click", () => {
  const left = byId("chats").querySelector("[aria-current]");
  history.replaceState(null, "", location.pathname);
  open(null);
  left?.focus();
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  translate();
});
log.addEventListener("scroll", () => {
  if (isAtEnd()) byId("newer").hidden = true;
});
window.addEventListener("hashchange", () => open(wanted()));
// A keyboard that comes up, or a field that grows, does not hide what was just read.
let readingAlong = true;
log.addEventListener("scroll", () => (readingAlong = isAtEnd()));
new ResizeObserver(() => readingAlong && toEnd()).observe(log);

translate();
listen({
  onLines: showChanges,
  onUpdate: () => {
    if (state.current) return showChatList();
    open(wanted());
    // Whoever is at something else stays there.
    if (document.activeElement === document.body) focusComposer();
  },
  onConnection: showConnection,
});
