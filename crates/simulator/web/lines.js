// How the lines of a chat look.

import { avatar, botAvatar, drawing, make } from "./dom.js";
import { day, say, timeOfDay } from "./texts.js";

/** Stickers as the page shows them; the ids are those of a real package that every LINE user has. */
export const STICKERS = {
  1988: "😄",
  1989: "👍",
  1990: "🎉",
  1991: "😍",
  1992: "🙏",
  1993: "😢",
  1994: "😴",
  1995: "🐻",
};
export const STICKER_PACKAGE = "446";

const ICONS = { image: "🖼️", video: "🎬", audio: "🎤", file: "📄", location: "📍" };

/** One line of text that stands for a message, for the list of chats. */
export function preview(message, chat) {
  const { json } = message;
  if (json.type === "sticker") return `${STICKERS[json.stickerId] ?? ""} ${say("sticker")}`.trim();
  if (json.type in ICONS) return `${ICONS[json.type]} ${say(json.type)}`;
  return textOf(json, chat);
}

/** The text of a message; other messages of a bot have an alternative text. */
function textOf(json, chat) {
  if (json.type === "textV2") return filledIn(json, chat);
  return json.text ?? json.altText ?? say("notShown", { type: json.type });
}

function filledIn({ text, substitution = {} }, chat) {
  return text.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, key) => {
    if (key === undefined) return found[0];
    const { mentionee } = substitution[key] ?? {};
    if (mentionee?.type === "all") return "@All";
    const member = chat.members.find(({ id }) => id === mentionee?.userId);
    return member ? `@${member.name}` : "🙂";
  });
}

function bubble(message, chat, mine) {
  const { json } = message;
  if (json.type === "sticker") {
    const picture = STICKERS[json.stickerId] ?? "🌟";
    return make("div.sticker", { role: "img", tabindex: mine ? "0" : null, "aria-label": `${say("sticker")} ${picture}` }, picture);
  }
  if (json.type in ICONS) {
    const detail = json.fileName ?? json.title;
    return make(
      "div.bubble.media",
      { tabindex: mine ? "0" : null },
      make("span.media-icon", { "aria-hidden": "true" }, ICONS[json.type]),
      make("span", { dir: "auto" }, detail ? `${say(json.type)}: ${detail}` : say(json.type)),
    );
  }
  return make("div.bubble", { dir: "auto", tabindex: mine ? "0" : null }, ...withMentions(json, textOf(json, chat)));
}

/** The positions of mentions count UTF-16 units, as JavaScript's own strings do. */
function withMentions(json, text) {
  const mentionees = json.type === "text" ? (json.mention?.mentionees ?? []) : [];
  const parts = [];
  let end = 0;
  for (const { index, length } of mentionees) {
    parts.push(text.slice(end, index), make("b.mention", {}, text.slice(index, index + length)));
    end = index + length;
  }
  return [...parts, text.slice(end)];
}

/** Only that a message is lost is read out: the steps before are many, and each replaces the last. */
function deliveryNote({ state, reason, status, redeliveries }) {
  const again = redeliveries > 0 ? ` · ${say("redelivered", { count: redeliveries })}` : "";
  const why = reason ? ` (${say(`reasons.${reason}`, { status })})` : "";
  const silent = { "aria-live": "off" };
  switch (state) {
    case "delivered":
      return make("span.delivery", silent, say("read") + again);
    case "queued":
    case "sending":
      return make("span.delivery", silent, say("sending") + again);
    case "retrying":
      return make("span.delivery.warning", silent, say("retrying") + why + again);
    default:
      return make("span.delivery.error", {}, `⚠ ${say("failed")}${why}${again}`);
  }
}

function tools(line, chat, act) {
  const { id, json } = line.message;
  const edit = () => act.edit(line);
  const unsend = () => act.does({ type: "unsend", messageId: id });
  const tool = (label, path, click) =>
    make("button.icon.tool", { type: "button", title: say(label), "aria-label": say(label), click }, drawing(path));
  return make(
    "span.tools",
    {},
    json.type === "text" && chat.kind !== "user" ? tool("edit", "M4 20l1-5L16 4l4 4L9 19z", edit) : null,
    tool("unsend", "M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 5 5", unsend),
  );
}

/**
 * A line as an element.
 * @param line the line
 * @param chat the chat it is in
 * @param view who looks (`me`), the bot's name, the line before, and what can be done
 */
export function lineElement(line, chat, { me, botName, before, act }) {
  const author = chat.members.find(({ id }) => id === line.author);
  const name = line.author === null ? botName : (author?.name ?? "?");
  const mine = line.author === me;
  const newDay = !before || day(before.at) !== day(line.at);
  const first = newDay || before.author !== line.author || !before.message;
  const content = line.message ? messageElement(line, chat, { mine, name, act }) : noteElement(line, name, mine);
  return make(
    first ? "li.first" : "li",
    { "data-number": line.number },
    newDay ? make("div.day", {}, day(line.at)) : null,
    content,
  );
}

function noteElement(line, name, mine) {
  const text = line.unsent
    ? say(mine ? "unsent.mine" : "unsent.theirs", { name })
    : say(`notes.${line.note}`, { name });
  const failed = line.delivery && ["failed", "retrying"].includes(line.delivery.state);
  return make("div.note", {}, text, failed ? deliveryNote(line.delivery) : null);
}

function messageElement(line, chat, { mine, name, act }) {
  const meta = make(
    "div.meta",
    {},
    mine ? tools(line, chat, act) : null,
    mine && line.delivery ? deliveryNote(line.delivery) : null,
    line.message.edited ? make("span", {}, say("edited")) : null,
    make("time", { datetime: new Date(line.at).toISOString() }, timeOfDay(line.at)),
  );
  const body = bubble(line.message, chat, mine);
  if (mine) return make("div.line.mine", {}, meta, body);
  const face = line.author === null ? botAvatar() : avatar(name);
  return make(
    "div.line.theirs",
    {},
    face,
    make("div.said", {}, make("div.author", {}, name), make("div.row", {}, body, meta)),
  );
}
