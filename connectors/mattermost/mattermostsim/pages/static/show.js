// What a post looks like.
import { escape, icon, sign } from "./signs.js";
import { draw } from "./words.js";

const clock = new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
const day = new Intl.DateTimeFormat("vi-VN", { weekday: "long", day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Asia/Ho_Chi_Minh" });
const shades = ["#1c58d9", "#8b3fb4", "#0f7a5a", "#b5501b", "#a12a5e", "#34669b", "#6b5d12"];

export const dayOf = (ms) => day.format(new Date(ms));

// face is the round sign of a person, in a colour of one's own.
export function face(person) {
  if (person?.bot) return '<span class="face bot" aria-hidden="true">1022</span>';
  const words = (person?.name ?? "?").trim().split(/\s+/);
  const sum = [...(person?.username ?? "")].reduce((n, c) => (n * 31 + c.charCodeAt(0)) >>> 0, 7);
  const letters = ((words.length > 1 ? words[0][0] : "") + words.at(-1)[0]).toUpperCase();
  return `<span class="face" style="background:${shades[sum % shades.length]}" aria-hidden="true">${escape(letters)}</span>`;
}

function size(n) {
  if (n >= 1 << 20) return `${(n / (1 << 20)).toFixed(1).replace(".", ",")} MB`;
  return n >= 1 << 10 ? `${n >> 10} KB` : `${n} B`;
}

function file(f) {
  const to = `/sim/file/${f.id}`;
  if (f.mime_type.startsWith("image/")) return `<a class="picture" href="${to}" target="_blank"><img src="${to}" alt="${escape(f.name)}"></a>`;
  return `<a class="doc" href="${to}" download="${escape(f.name)}" data-testid="attached-file"><i aria-hidden="true">${escape((f.extension || "tệp").slice(0, 4).toUpperCase())}</i><span>${escape(f.name)}<small>${size(f.size)}</small></span></a>`;
}

function action(a) {
  const name = escape(a.name);
  if (a.type === "select") {
    const options = (a.options ?? []).map((o) => `<option value="${escape(o.value)}">${escape(o.text)}</option>`).join("");
    return `<select data-action="${escape(a.id)}" data-testid="action-${escape(a.id)}" aria-label="${name}"><option value="">${name}</option>${options}</select>`;
  }
  const style = ["primary", "good", "success", "warning", "danger"].includes(a.style) ? a.style : "default";
  return `<button type="button" class="act ${style}" data-action="${escape(a.id)}" data-testid="action-${escape(a.id)}">${name}</button>`;
}

const bars = { good: "#06a77d", success: "#06a77d", warning: "#d98a00", danger: "#c9302c" };

function attachment(a) {
  const colour = bars[a.color] ?? (/^#[0-9a-f]{3,8}$/i.test(a.color) ? a.color : "#b8bfca");
  const link = /^https?:\/\//.test(a.title_link ?? "") ? `<a href="${escape(a.title_link)}" target="_blank" rel="noopener">${draw(a.title)}</a>` : draw(a.title);
  const fields = (a.fields ?? []).map((f) => `<div class="${f.short === true || f.short === "true" ? "short" : "long"}"><dt>${escape(f.title ?? "")}</dt><dd>${draw(f.value ?? "")}</dd></div>`).join("");
  const actions = (a.actions ?? []).map(action).join("");
  return `${a.pretext ? `<div class="words">${draw(a.pretext)}</div>` : ""}
<div class="attachment" style="--bar:${colour}" data-testid="attachment">
${a.author_name ? `<small class="author">${escape(a.author_name)}</small>` : ""}
${a.title ? `<div class="heading">${link}</div>` : ""}
${a.text ? `<div class="words">${draw(a.text)}</div>` : ""}
${fields ? `<dl>${fields}</dl>` : ""}
${a.footer ? `<small class="foot">${escape(a.footer)}</small>` : ""}
${actions ? `<div class="acts">${actions}</div>` : ""}
<p class="error" role="alert" data-testid="action-error"></p>
</div>`;
}

// reactions counts each emoji, and marks those that are one's own.
function reactions(post, me) {
  const all = new Map();
  for (const r of post.metadata?.reactions ?? []) {
    const one = all.get(r.emoji_name) ?? { n: 0, own: false };
    all.set(r.emoji_name, { n: one.n + 1, own: one.own || r.user_id === me });
  }
  const buttons = [...all].map(([name, one]) => `<button type="button" class="reaction${one.own ? " own" : ""}" data-react="${escape(name)}" data-off="${one.own}" data-testid="reaction">${sign(name)} ${one.n}</button>`);
  return buttons.length ? `<div class="reactions">${buttons.join("")}</div>` : "";
}

function tools(post, view, inThread) {
  if (post.ephemeral || post.type.startsWith("system_")) return "";
  const own = post.user_id === view.me.id;
  const faces = ["white_check_mark", "eyes", "+1"].map((name) => `<button type="button" data-react="${name}" aria-label="Thả ${name}">${sign(name)}</button>`).join("");
  return `<span class="menu" role="group" aria-label="Thao tác">${faces}
${inThread ? "" : `<button type="button" data-act="thread" data-testid="reply" title="Trả lời">${icon("reply")}<span class="mute">Trả lời</span></button>`}
${own ? `<button type="button" data-act="edit" data-testid="edit" title="Sửa">${icon("pen")}<span class="mute">Sửa</span></button><button type="button" data-act="delete" data-testid="delete" title="Xóa">${icon("bin")}<span class="mute">Xóa</span></button>` : ""}</span>`;
}

// show draws one post; answers are those of its thread, when it is not shown in it.
export function show(post, view, answers, inThread) {
  const who = post.ephemeral ? Object.values(view.names).find((p) => p.bot) : view.names[post.user_id];
  const system = post.type.startsWith("system_") && !post.ephemeral;
  const files = (post.metadata?.files ?? []).map(file).join("");
  const replies = inThread || !answers.length ? "" : `<button type="button" class="replies" data-act="thread" data-testid="replies">${[...new Set(answers.map((a) => a.user_id))].slice(0, 3).map((id) => face(view.names[id])).join("")}<span>${answers.length} trả lời</span><small>lần cuối ${clock.format(new Date(answers.at(-1).create_at))}</small></button>`;
  return `<article class="post${post.ephemeral ? " ephemeral" : ""}${system ? " system" : ""}" data-testid="${post.ephemeral ? "ephemeral" : "post"}" data-id="${post.id}" data-user="${escape(who?.username ?? "")}" tabindex="-1">
${face(who)}
<div class="body">
<p class="by"><b>${escape(who?.name ?? "?")}</b>${who?.bot ? '<span class="tag">BOT</span>' : ""}<time datetime="${new Date(post.create_at).toISOString()}">${clock.format(new Date(post.create_at))}</time>${post.edit_at ? '<small data-testid="edited">đã sửa</small>' : ""}${post.ephemeral ? "<small>(Chỉ mình bạn thấy)</small>" : ""}</p>
${post.message ? `<div class="words" data-testid="words">${draw(post.message)}</div>` : ""}
${(post.attachments ?? []).map(attachment).join("")}
${files ? `<div class="files">${files}</div>` : ""}
${reactions(post, view.me.id)}
${replies}
</div>
${tools(post, view, inThread)}
</article>`;
}

// form draws the dialog that a hub opened.
export function form(d) {
  const fields = d.elements.map((e) => {
    const id = `field-${escape(e.name)}`;
    const common = `id="${id}" name="${escape(e.name)}" data-testid="dialog-${escape(e.name)}" aria-describedby="${id}-note"`;
    const words = escape(e.default ?? "");
    const hint = e.placeholder ? ` placeholder="${escape(e.placeholder)}"` : "";
    let input = `<input ${common} type="${["number", "email", "url", "tel"].includes(e.subtype) ? e.subtype : "text"}" value="${words}"${hint}>`;
    if (e.type === "textarea") input = `<textarea ${common} rows="5"${hint}>${words}</textarea>`;
    if (e.type === "bool") input = `<label class="tick"><input ${common} type="checkbox"${e.default === "true" ? " checked" : ""}> ${escape(e.placeholder ?? "")}</label>`;
    if (e.type === "select") input = `<select ${common}><option value="">${escape(e.placeholder || "Chọn…")}</option>${(e.options ?? []).map((o) => `<option value="${escape(o.value)}"${o.value === e.default ? " selected" : ""}>${escape(o.text)}</option>`).join("")}</select>`;
    if (e.type === "radio") input = `<div class="radios">${(e.options ?? []).map((o) => `<label class="tick"><input type="radio" name="${escape(e.name)}" value="${escape(o.value)}" data-testid="dialog-${escape(e.name)}"${o.value === e.default ? " checked" : ""}> ${escape(o.text)}</label>`).join("")}</div>`;
    return `<div class="field"><label for="${id}">${escape(e.display_name)}${e.optional ? " <small>(không bắt buộc)</small>" : ' <span aria-hidden="true">*</span>'}</label>${input}
<small id="${id}-note">${escape(e.help_text ?? "")}</small><p class="error" role="alert" data-for="${escape(e.name)}" data-testid="dialog-error-${escape(e.name)}"></p></div>`;
  }).join("");
  return `<form method="dialog" data-trigger="${escape(d.trigger)}" novalidate>
<header><h2>${escape(d.title)}</h2><button type="button" class="plain" data-act="cancel" aria-label="Đóng">×</button></header>
<div class="inside">${d.introduction_text ? `<div class="words">${draw(d.introduction_text)}</div>` : ""}${fields}<p class="error" role="alert" data-for="" data-testid="dialog-error"></p></div>
<footer><button type="button" class="act default" data-act="cancel" data-testid="dialog-cancel">Hủy</button><button class="act primary" data-testid="dialog-submit">${escape(d.submit_label || "Gửi")}</button></footer>
</form>`;
}
