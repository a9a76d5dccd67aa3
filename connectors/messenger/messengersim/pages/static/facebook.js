// The pages work without this: it keeps them from being loaded anew, and shows
// what arrives as it arrives.
const main = document.querySelector("main");
const live = document.getElementById("live");
const reply = document.getElementById("reply");
const say = document.querySelector(".say");

const toEnd = () => { if (say) live.scrollTop = live.scrollHeight; };

async function refresh() {
  if (live.contains(document.activeElement) && document.activeElement.matches("textarea")) return;
  const answer = await fetch(main.dataset.fragment);
  if (!answer.ok) return;
  live.innerHTML = await answer.text();
  toEnd();
}

function cite(id, words) {
  say.elements.reply.value = id;
  reply.hidden = !id;
  reply.firstElementChild.textContent = words;
}

const post = (address, body) => fetch(address, { method: "POST", body, headers: { "X-Requested-With": "page" } });

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const body = form.enctype === "multipart/form-data" ? new FormData(form) : new URLSearchParams(new FormData(form));
  if (form === say && !say.elements.text.value.trim()) return;
  form.reset();
  if (form === say) cite("", "");
  document.activeElement.blur();
  await post(form.action, body);
  form.closest("details")?.removeAttribute("open");
  if (form === say) say.elements.text.focus();
  refresh();
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".acts input[type=file]") && event.target.files.length) event.target.form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches("textarea") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

document.addEventListener("click", async (event) => {
  const article = event.target.closest("article");
  if (event.target.matches("[data-reply]")) {
    cite(article.dataset.id, article.querySelector(".text")?.textContent ?? "tin này");
    event.target.closest("details").open = false;
    say.elements.text.focus();
  }
  if (event.target.matches("[data-edit]")) {
    const words = prompt("Sửa thành:", article.querySelector(".text").textContent);
    if (words) await post(event.target.dataset.edit, new URLSearchParams({ [event.target.dataset.name ?? "message"]: article.dataset.id, text: words }));
  }
});

reply?.querySelector("button").addEventListener("click", () => cite("", ""));

const events = new EventSource(main.dataset.watch);
events.addEventListener("changed", refresh);
events.addEventListener("open", refresh);
toEnd();
