// What the page says, in Japanese and English.

import { remember, remembered } from "./dom.js";

const TEXTS = {
  ja: {
    title: "LINEシミュレーター",
    subtitle: "このパソコンの中だけで動きます",
    chats: "トーク",
    otherLanguage: "English",
    back: "トーク一覧に戻る",
    log: "メッセージ",
    message: "メッセージを入力",
    messageInGroup: "@{bot} …",
    send: "送信",
    attach: "写真などを送る",
    stickers: "スタンプ",
    sticker: "スタンプ",
    mention: "ボットにメンションする",
    quickReplies: "クイックリプライ",
    speakAs: "話す人",
    youAre: "あなた: {name}",
    inGroup: "{names}・{bot}",
    read: "既読",
    sending: "送信中",
    retrying: "未達・再送待ち",
    failed: "ボットに届きませんでした",
    redelivered: "再送{count}回",
    edited: "編集済み",
    unsend: "送信を取り消す",
    edit: "編集",
    editing: "メッセージを編集中",
    cancel: "キャンセル",
    newer: "↓ 新しいメッセージ",
    typing: "入力中",
    blockedHere: "ブロック中です",
    botAbsent: "ボットはこのグループにいません",
    noBot: "Webhookの送り先がまだありません。ボットを起動してください。",
    connected: "接続中",
    block: "ブロック",
    unblock: "ブロック解除",
    follow: "友だち追加",
    inviteBot: "ボットを招待",
    removeBot: "ボットを退会させる",
    image: "写真",
    video: "動画",
    audio: "ボイスメッセージ",
    file: "ファイル",
    location: "位置情報",
    place: "東京駅",
    address: "東京都千代田区丸の内1丁目",
    notShown: "（{type}メッセージ）",
    unsent: { mine: "メッセージの送信を取り消しました", theirs: "{name}がメッセージの送信を取り消しました" },
    notes: {
      followed: "{name}が友だちに追加しました",
      blocked: "{name}がブロックしました",
      unblocked: "{name}がブロックを解除しました",
      botInvited: "{name}がボットを招待しました",
      botRemoved: "{name}がボットを退会させました",
      botLeft: "ボットが退会しました",
      joined: "{name}が参加しました",
      left: "{name}が退会しました",
      postedBack: "{name}がボタンを押しました",
    },
    reasons: {
      could_not_connect: "接続できません",
      request_timeout: "2秒以内に応答なし",
      error_status_code: "ステータス{status}",
      unclassified: "不明な理由",
    },
    refusals: {
      unreachable: "切断されました。再接続しています…",
      tooLong: "メッセージが長すぎます",
      limitReached: "シミュレーターの上限に達しました",
      other: "できませんでした",
    },
  },
  en: {
    title: "LINE simulator",
    subtitle: "Runs on this computer only",
    chats: "Chats",
    otherLanguage: "日本語",
    back: "Back to the chats",
    log: "Messages",
    message: "Enter a message",
    messageInGroup: "@{bot} …",
    send: "Send",
    attach: "Send a photo or more",
    stickers: "Stickers",
    sticker: "Sticker",
    mention: "Mention the bot",
    quickReplies: "Quick replies",
    speakAs: "Speaking as",
    youAre: "You are {name}",
    inGroup: "{names}, {bot}",
    read: "Read",
    sending: "Sending",
    retrying: "Not delivered, will retry",
    failed: "The bot did not get this",
    redelivered: "sent {count}× more",
    edited: "Edited",
    unsend: "Unsend",
    edit: "Edit",
    editing: "Editing a message",
    cancel: "Cancel",
    newer: "↓ New messages",
    typing: "Typing",
    blockedHere: "The bot is blocked",
    botAbsent: "The bot is not in this group",
    noBot: "There is nowhere to send webhooks yet. Start a bot.",
    connected: "Connected",
    block: "Block",
    unblock: "Unblock",
    follow: "Add friend",
    inviteBot: "Invite the bot",
    removeBot: "Remove the bot",
    image: "Photo",
    video: "Video",
    audio: "Voice message",
    file: "File",
    location: "Location",
    place: "Tokyo Station",
    address: "1 Marunouchi, Chiyoda, Tokyo",
    notShown: "({type} message)",
    unsent: { mine: "You unsent a message", theirs: "{name} unsent a message" },
    notes: {
      followed: "{name} added the bot as a friend",
      blocked: "{name} blocked the bot",
      unblocked: "{name} unblocked the bot",
      botInvited: "{name} invited the bot",
      botRemoved: "{name} removed the bot",
      botLeft: "The bot left",
      joined: "{name} joined",
      left: "{name} left",
      postedBack: "{name} tapped a button",
    },
    reasons: {
      could_not_connect: "could not connect",
      request_timeout: "no answer within 2 seconds",
      error_status_code: "status {status}",
      unclassified: "unknown reason",
    },
    refusals: {
      unreachable: "Connection lost. Trying again…",
      tooLong: "The message is too long",
      limitReached: "A limit of the simulator is reached",
      other: "That did not work",
    },
  },
};

const preferred = () => (navigator.languages.some((tag) => tag.startsWith("ja")) ? "ja" : "en");
const chosen = remembered("language");
let language = chosen in TEXTS ? chosen : preferred();

export const currentLanguage = () => language;

export function switchLanguage() {
  language = language === "ja" ? "en" : "ja";
  remember("language", language);
}

/** A text by its path (`notes.joined`), with the values for its {places}. */
export function say(path, values = {}) {
  const text = path.split(".").reduce((texts, key) => texts?.[key], TEXTS[language]);
  return text?.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Fills in every element of the page that names its text. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
    if (element.matches("button")) element.title = say(element.dataset.label);
  }
}

const format = (options) => new Intl.DateTimeFormat(language, options);
export const timeOfDay = (at) => format({ hour: "2-digit", minute: "2-digit" }).format(at);
export const day = (at) => format({ month: "long", day: "numeric", weekday: "short" }).format(at);
