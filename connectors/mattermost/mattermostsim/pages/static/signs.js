// Signs that look the same everywhere: a machine may have no font with emoji.

// escape makes words harmless within HTML.
export function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

// Of each emoji: its colour, and a letter that every font has.
const common = {
  white_check_mark: ["green", "✔"], heavy_check_mark: ["green", "✔"], x: ["red", "✘"], warning: ["amber", "!"], rotating_light: ["red", "!"],
  exclamation: ["red", "!"], bell: ["amber", "!"], question: ["blue", "?"], information_source: ["blue", "i"], no_entry: ["red", "–"], no_entry_sign: ["red", "–"],
  hourglass: ["amber", "◔"], hourglass_flowing_sand: ["amber", "◔"], alarm_clock: ["amber", "◔"], clock3: ["grey", "◔"], eyes: ["blue", "◉"],
  "+1": ["blue", "+1"], thumbsup: ["blue", "+1"], "-1": ["grey", "−1"], heart: ["red", "♥"], memo: ["grey", "✎"], pencil2: ["grey", "✎"],
  outbox_tray: ["blue", "↑"], inbox_tray: ["blue", "↓"], arrow_right: ["blue", "→"], leftwards_arrow_with_hook: ["grey", "←"], email: ["grey", "✉"],
  telephone_receiver: ["grey", "☎"], red_circle: ["red", ""], large_blue_circle: ["blue", ""], green_circle: ["green", ""], speech_balloon: ["grey", "…"],
};

// The same as characters.
const names = {
  "✅": "white_check_mark", "✔️": "heavy_check_mark", "❌": "x", "⚠️": "warning", "🚨": "rotating_light", "❗": "exclamation", "🔔": "bell", "❓": "question",
  "ℹ️": "information_source", "⛔": "no_entry", "🚫": "no_entry_sign", "⌛": "hourglass", "⏳": "hourglass_flowing_sand", "⏰": "alarm_clock", "🕒": "clock3",
  "👀": "eyes", "👍": "+1", "👎": "-1", "❤️": "heart", "📝": "memo", "✏️": "pencil2", "📤": "outbox_tray", "📥": "inbox_tray", "➡️": "arrow_right",
  "↩️": "leftwards_arrow_with_hook", "📧": "email", "📞": "telephone_receiver", "🔴": "red_circle", "🔵": "large_blue_circle", "🟢": "green_circle", "💬": "speech_balloon",
};

export const characters = new RegExp(Object.keys(names).join("|"), "gu");

// sign is an emoji, by its name or as a character, as HTML.
export function sign(emoji) {
  const name = names[emoji] ?? emoji;
  const [colour, letter] = common[name] ?? [];
  return colour ? `<span class="sign ${colour}" role="img" aria-label="${escape(name)}">${letter}</span>` : `:${escape(name)}:`;
}

const paths = {
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  hash: "M9 4L7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  at: "M12 12a4 4 0 1 0-4 4 4 4 0 0 0 4-4zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a8 8 0 1 0-3.5 6.6",
  box: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  clip: "M20 11l-8.6 8.6a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L14.6 7",
  reply: "M10 6L4 12l6 6M4 12h10a6 6 0 0 1 6 6",
  pen: "M4 20l1-4L16 5l3 3L8 19z",
  bin: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
};

// icon is a drawing for buttons and lists.
export function icon(name) {
  return `<svg viewBox="0 0 24 24" width="17" height="17" aria-hidden="true"><path d="${paths[name]}" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
}
