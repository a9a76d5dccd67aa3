// The marks that a message may have, drawn as HTML. Everything is escaped first, and
// links lead to pages, mailboxes and telephones alone.
import { characters, escape, sign } from "./signs.js";

// span draws the marks within a line that is escaped already.
function span(line) {
  const kept = [];
  const keep = (html) => `\u0000${kept.push(html) - 1}\u0000`;
  return line
    .replace(/`([^`]+)`/g, (_, code) => keep(`<code>${code}</code>`))
    .replace(/\[([^\]]+)\]\(((?:https?:\/\/|mailto:|tel:)[^)\s]+)\)/g, (_, words, to) => keep(`<a href="${to}" target="_blank" rel="noopener">${span(words)}</a>`))
    .replace(/https?:\/\/[^\s<)]*[^\s<).,;:!?]/g, (to) => keep(`<a href="${to}" target="_blank" rel="noopener">${to}</a>`))
    .replace(/\\([*_~`#>\\[\]()|!-])/g, (_, c) => keep(c))
    .replace(/\*\*(.+?)\*\*/g, "<strong>$1</strong>")
    .replace(/(^|[^\p{L}\p{N}])[*_]([^*_\s](?:[^*_]*[^*_\s])?)[*_](?![\p{L}\p{N}])/gu, "$1<em>$2</em>")
    .replace(/~~(.+?)~~/g, "<del>$1</del>")
    .replace(/:([a-z0-9_+-]*[a-z+-][a-z0-9_+-]*):/g, (_, name) => keep(sign(name)))
    .replace(characters, (emoji) => keep(sign(emoji)))
    .replace(/(^|\s)(@[a-z0-9._-]+)/g, '$1<span class="mention">$2</span>')
    .replace(/\u0000(\d+)\u0000/g, (_, i) => kept[i]);
}

const kinds = [
  { is: /^&#62; ?/, open: "<blockquote>", close: "</blockquote>", line: (text) => `${text}<br>` },
  { is: /^[-*] /, open: "<ul>", close: "</ul>", line: (text) => `<li>${text}</li>` },
  { is: /^\d+[.)] /, open: "<ol>", close: "</ol>", line: (text) => `<li>${text}</li>` },
];

// draw is a message as HTML.
export function draw(text) {
  let html = "";
  let kind;
  let code = false;
  for (const raw of String(text ?? "").split("\n")) {
    const line = escape(raw);
    if (raw.startsWith("```")) {
      html += code ? "</pre>" : (kind?.close ?? "") + "<pre>";
      kind = undefined;
      code = !code;
      continue;
    }
    if (code) {
      html += line + "\n";
      continue;
    }
    const now = kinds.find((k) => k.is.test(line));
    if (now !== kind) html += (kind?.close ?? "") + (now?.open ?? "");
    kind = now;
    if (now) html += now.line(span(line.replace(now.is, "")));
    else if (/^#{1,6} /.test(line)) html += `<h4>${span(line.replace(/^#+ /, ""))}</h4>`;
    else if (/^(-{3,}|\*{3,})$/.test(line)) html += "<hr>";
    else html += line.trim() ? `<p>${span(line)}</p>` : '<p class="gap"></p>';
  }
  return html + (code ? "</pre>" : "") + (kind?.close ?? "");
}
