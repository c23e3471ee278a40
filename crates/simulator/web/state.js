// What the page knows, kept up to date by the simulator, and how it tells the simulator what a person does.

/** As many lines as the simulator keeps itself. */
const LINES_KEPT = 500;
const RECONNECT_MS = 2_000;

/** The simulator answers at once, if it can be reached. */
const ACTION_MS = 10_000;

export const state = {
  /** Chats by id, each with its lines by number. */
  chats: new Map(),
  bot: { name: "", basicId: "" },
  hasWebhookUrl: true,
  /** The chat that is open. */
  current: null,
};

/** Whoever was there before the first update is no news. */
let started = false;

/** The chats from before the simulator told everything anew. */
let known = new Map();

/**
 * Follows the simulator.
 * @param onLines called for each changed chat with its changed lines
 * @param onUpdate called after each update
 * @param onConnection called with whether the simulator can be heard
 */
export function listen({ onLines, onUpdate, onConnection }) {
  const source = new EventSource("/simulator/events");
  const take = ({ data }) => {
    for (const [chat, lines] of update(JSON.parse(data))) onLines(chat, lines);
    started = true;
    onUpdate();
  };
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("everything", (event) => {
    // Whoever is writing in a chat goes on there.
    known = state.chats;
    for (const chat of known.values()) Object.assign(chat, { lines: new Map(), unread: 0 });
    state.chats = new Map();
    state.current = null;
    started = false;
    take(event);
  });
  source.addEventListener("changes", take);
  source.addEventListener("error", () => {
    onConnection(false);
    // A browser tries again by itself, except after an answer like 503.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen({ onLines, onUpdate, onConnection }), RECONNECT_MS);
  });
}

function update({ bot, hasWebhookUrl, chats }) {
  Object.assign(state, { bot, hasWebhookUrl });
  return chats.map(({ lines, loadingMs, ...news }) => {
    const chat = state.chats.get(news.id) ?? known.get(news.id) ?? newChat();
    Object.assign(chat, news, { loadingUntil: performance.now() + loadingMs });
    if (!chat.members.some(({ id }) => id === chat.speaker)) chat.speaker = chat.members[0]?.id;
    state.chats.set(news.id, chat);
    const added = keep(chat, lines);
    if (started && chat !== state.current) chat.unread += added.filter(({ author }) => author === null).length;
    return [chat, lines];
  });
}

/** What the page itself knows of a chat; `edit` has the id of a message and its new text while one is edited. */
const newChat = () => ({ lines: new Map(), unread: 0, speaker: undefined, draft: "", edit: null });

/** Adds lines to a chat; gives those that are new. */
function keep(chat, lines) {
  const added = lines.filter(({ number }) => !chat.lines.has(number));
  for (const line of lines) chat.lines.set(line.number, line);
  for (const number of chat.lines.keys()) {
    if (chat.lines.size <= LINES_KEPT) break;
    chat.lines.delete(number);
  }
  return added;
}

/** What is done now waits for this: on several connections, messages could overtake each other. */
let lastAction = Promise.resolve();

/** Does something in the open chat as its speaker; gives why not, or nothing when it was done. */
export function tell(action) {
  const { id: chat, speaker: person } = state.current;
  lastAction = lastAction.then(() => post({ chat, person, action }));
  return lastAction;
}

async function post(request) {
  try {
    const answer = await fetch("/simulator/actions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(ACTION_MS),
    });
    if (answer.ok) return null;
    const { refusal } = await answer.json().catch(() => ({}));
    return refusal ?? "other";
  } catch {
    return "unreachable";
  }
}
