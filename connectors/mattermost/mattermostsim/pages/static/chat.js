// The team chat. The server holds everything; this draws it, and asks again whenever
// the server says that something changed.
import { dayOf, form, show } from "./show.js";
import { escape, icon } from "./signs.js";

const at = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
let user = query.get("user") ?? sessionStorage.getItem("user") ?? "";
let room = query.get("channel") ?? "";
let thread = query.get("thread") ?? "";
let view;

// ask sends what somebody does, and returns the answer; what the server refuses is
// thrown in its words.
async function ask(path, body) {
  const answer = await fetch(`/sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

let asked = 0;
async function refresh() {
  const turn = ++asked;
  const answer = await fetch("/sim/state?" + new URLSearchParams({ user, channel: room }));
  if (!answer.ok) return;
  const state = await answer.json();
  if (turn !== asked) return; // a later one is on its way
  view = state;
  room = view.room;
  drawSide();
  drawPosts();
  drawDialog();
  const now = new URLSearchParams({ user: view.me.username, channel: view.rooms.find((r) => r.id === room)?.name ?? "" });
  if (thread) now.set("thread", thread);
  history.replaceState(null, "", "?" + now);
}

const seenKey = (id) => `seen ${view.me.id} ${id}`;

function drawSide() {
  at("team").textContent = view.team;
  at("me").innerHTML = view.people.map((p) => `<option value="${escape(p.username)}"${p.id === view.me.id ? " selected" : ""}>${escape(p.name)} (@${escape(p.username)})</option>`).join("");
  const here = view.rooms.find((r) => r.id === room);
  if (here) sessionStorage.setItem(seenKey(here.id), here.last);
  at("rooms").innerHTML = view.rooms.map((r) => {
    const fresh = r.id !== room && r.last > Number(sessionStorage.getItem(seenKey(r.id)) ?? 0);
    const mark = icon(r.archived ? "box" : { P: "lock", D: "at" }[r.type] ?? "hash");
    return `<li><button type="button" data-room="${r.id}" data-testid="channel-${escape(r.name)}"${r.id === room ? ' aria-current="page"' : ""}${fresh ? ' class="fresh"' : ""}><i aria-hidden="true">${mark}</i><span>${escape(r.title)}</span>${fresh ? '<b class="dot" aria-label="có tin mới"></b>' : ""}</button></li>`;
  }).join("");
  at("title").textContent = here?.title ?? "Chưa có kênh nào";
  at("header").textContent = here?.header ?? "";
  at("where").textContent = here?.title ?? "";
  at("count").textContent = here ? `${here.members} thành viên` : "";
  at("write").elements.text.placeholder = here ? `Viết trong ${here.title}…` : "";
  at("write").elements.text.setAttribute("aria-label", here ? `Viết trong ${here.title}` : "Tin nhắn");
  at("typing").textContent = view.typing ? "Tổng đài đang nhập…" : "";
  document.title = `${here?.title ?? view.team} · Mattermost mô phỏng`;
}

// fill puts drawn pieces into a list, and leaves those that have not changed.
function fill(list, pieces) {
  const near = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  const old = new Map([...list.children].map((c) => [c.dataset.key, c]));
  const kept = pieces.map(({ key, html }) => {
    const there = old.get(key);
    if (there?.drawn === html) return there;
    const made = document.createElement("div");
    made.innerHTML = html;
    Object.assign(made, { drawn: html }).dataset.key = key;
    return made;
  });
  const same = kept.length === list.children.length && kept.every((k, i) => k === list.children[i]);
  if (!same) list.replaceChildren(...kept);
  if (near) list.scrollTop = list.scrollHeight;
}

function drawPosts() {
  const ids = new Set(view.posts.map((p) => p.id));
  const answers = (id) => view.posts.filter((p) => p.root_id === id);
  // What one alone is told stands in the channel too, unless its thread is open.
  const roots = view.posts.filter((p) => !p.root_id || (p.ephemeral && p.root_id !== thread));
  let last = "";
  const pieces = [];
  for (const p of roots) {
    const today = dayOf(p.create_at);
    if (today !== last) pieces.push({ key: today, html: `<p class="day"><span>${today}</span></p>` });
    last = today;
    pieces.push({ key: p.id, html: show(p, view, answers(p.id).filter((a) => !a.ephemeral), false) });
  }
  if (!pieces.length) pieces.push({ key: "none", html: '<p class="none">Chưa có tin nào trong kênh này.</p>' });
  fill(at("posts"), pieces);
  if (thread && !ids.has(thread)) thread = "";
  at("thread").hidden = !thread;
  document.body.classList.toggle("threaded", Boolean(thread));
  if (thread) {
    fill(at("replies"), view.posts.filter((p) => p.id === thread || p.root_id === thread).map((p) => ({ key: p.id, html: show(p, view, [], true) })));
  }
}

// A dialog that stands open is left alone while somebody fills it in.
function drawDialog() {
  const box = at("dialog");
  const open = view.dialogs[0];
  const shown = box.querySelector("form")?.dataset.trigger;
  if (!open) {
    if (box.open) box.close();
    box.replaceChildren();
  } else if (open.trigger !== shown) {
    box.innerHTML = form(open);
    if (!box.open) box.showModal();
    box.querySelector("textarea, select, input")?.focus();
  }
}

async function submitDialog(f) {
  const open = view.dialogs.find((d) => d.trigger === f.dataset.trigger);
  const values = {};
  for (const e of open.elements) {
    const input = f.elements[e.name];
    values[e.name] = e.type === "bool" ? input.checked : input.value || (e.type === "text" || e.type === "textarea" ? "" : null);
  }
  f.querySelectorAll(".error").forEach((p) => { p.textContent = ""; });
  try {
    const told = await ask("submit", { trigger: open.trigger, values });
    for (const [name, words] of Object.entries({ ...told.errors, "": told.error })) {
      const place = [...f.querySelectorAll(".error")].find((p) => p.dataset.for === name);
      if (place) place.textContent = words;
    }
  } catch (error) {
    [...f.querySelectorAll(".error")].at(-1).textContent = error.message;
  }
}

async function perform(target, card) {
  const post = card.dataset.id;
  if (target.dataset.react) return ask("react", { user: view.me.id, post, emoji: target.dataset.react, off: target.dataset.off === "true" });
  switch (target.dataset.act) {
    case "thread":
      thread = view.posts.find((p) => p.id === post).root_id || post;
      await refresh();
      at("replies").scrollTop = at("replies").scrollHeight;
      return at("reply").elements.text.focus();
    case "edit":
      return edit(card.closest("#thread") ? at("reply") : at("write"), view.posts.find((p) => p.id === post));
    case "delete":
      if (confirm("Xóa tin này cùng các trả lời?")) await ask("delete", { post });
  }
}

async function press(button, card, value) {
  const error = button.closest(".attachment").querySelector(".error");
  error.textContent = "";
  button.disabled = true;
  try {
    await ask("press", { user: view.me.id, post: card.dataset.id, action: button.dataset.action, value });
  } catch (failed) {
    error.textContent = "Không thực hiện được: " + failed.message;
  }
  button.disabled = false;
  if (value) button.value = "";
}

function edit(box, post) {
  box.dataset.post = post?.id ?? "";
  box.querySelector(".state").hidden = !post;
  box.querySelector(".state span").textContent = post ? "Đang sửa tin của bạn" : "";
  box.elements.text.value = post?.message ?? "";
  if (post) box.elements.text.focus();
}

const base64 = (file) => new Promise((found, failed) => {
  const reader = new FileReader();
  reader.onload = () => found(reader.result.split(",", 2)[1] ?? "");
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
});

function drawChosen(box) {
  const files = [...box.querySelector("input[type=file]").files];
  const list = box.querySelector(".chosen");
  list.hidden = !files.length;
  list.innerHTML = files.map((f) => `<li>${icon("clip")} ${escape(f.name)}</li>`).join("");
}

async function send(box) {
  const text = box.elements.text.value.trim();
  const input = box.querySelector("input[type=file]");
  const place = { user: view.me.id, channel: room, root: box.id === "reply" ? thread : "" };
  const error = box.querySelector(".error");
  if (!text && !input.files.length) return;
  error.textContent = "";
  const files = await Promise.all([...input.files].map(async (f) => ({ name: f.name, data: await base64(f) })));
  const post = box.dataset.post;
  edit(box, undefined);
  input.value = "";
  drawChosen(box);
  try {
    if (post) await ask("edit", { post, text });
    else if (/^\/\S/.test(text)) await ask("slash", { ...place, text });
    else await ask("say", { ...place, text, files });
    const list = at(box.id === "reply" ? "replies" : "posts");
    list.scrollTop = list.scrollHeight;
  } catch (failed) {
    error.textContent = failed.message;
    box.elements.text.value ||= text;
  }
}

for (const box of [at("write"), at("reply")]) {
  box.querySelector(".clip span").innerHTML = icon("clip");
  box.addEventListener("submit", (event) => { event.preventDefault(); send(box); });
  box.addEventListener("change", () => drawChosen(box));
  box.querySelector('[data-act="stop"]').addEventListener("click", () => edit(box, undefined));
  box.elements.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      box.requestSubmit();
    }
  });
}

for (const list of [at("posts"), at("replies")]) {
  list.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    const card = event.target.closest(".post");
    if (!target || !card) return;
    if (target.dataset.action) press(target, card);
    else perform(target, card).catch((error) => alert(error.message));
  });
  list.addEventListener("change", (event) => {
    if (event.target.dataset.action && event.target.value) press(event.target, event.target.closest(".post"), event.target.value);
  });
}

at("dialog").addEventListener("submit", (event) => { event.preventDefault(); submitDialog(event.target); });
at("dialog").addEventListener("cancel", (event) => { event.preventDefault(); ask("cancel", { trigger: view.dialogs[0].trigger }); });
at("dialog").addEventListener("click", (event) => {
  if (event.target.dataset.act === "cancel") ask("cancel", { trigger: event.target.form.dataset.trigger });
});
at("rooms").addEventListener("click", (event) => {
  const to = event.target.closest("[data-room]");
  if (!to) return;
  room = to.dataset.room;
  thread = "";
  document.body.classList.remove("sided");
  refresh().then(() => { at("posts").scrollTop = at("posts").scrollHeight; });
});
at("me").addEventListener("change", () => {
  user = at("me").value;
  sessionStorage.setItem("user", user);
  refresh();
});
at("close").addEventListener("click", () => { thread = ""; refresh(); });
at("menu").addEventListener("click", () => document.body.classList.toggle("sided"));

const events = new EventSource("/sim/events");
events.addEventListener("changed", refresh);
events.addEventListener("open", () => refresh().then(() => { at("posts").scrollTop = at("posts").scrollHeight; at("replies").scrollTop = at("replies").scrollHeight; }));
