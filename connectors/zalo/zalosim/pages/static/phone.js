// The phone works without this: it keeps the page from being loaded anew, and
// shows what arrives as it arrives.
const phone = document.querySelector(".phone");
const chat = phone.dataset.chat;
const messages = document.getElementById("messages");
const quote = document.getElementById("quote");
const say = document.querySelector(".say");

const toEnd = () => { messages.scrollTop = messages.scrollHeight; };

async function refresh() {
  const answer = await fetch("/phone/messages?" + chat);
  if (!answer.ok) return;
  messages.innerHTML = await answer.text();
  toEnd();
}

function cite(id, words) {
  say.elements.quote.value = id;
  quote.hidden = !id;
  quote.firstElementChild.textContent = words;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const body = form.enctype === "multipart/form-data" ? new FormData(form) : new URLSearchParams(new FormData(form));
  if (form === say) {
    if (!say.elements.text.value.trim()) return;
    say.reset();
    cite("", "");
  }
  await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "phone" } });
  if (form.dataset.reload !== undefined) location.reload();
  document.querySelector(".more").open = false;
});

document.querySelector("input[type=file]").addEventListener("change", (event) => {
  if (event.target.files.length) event.target.form.requestSubmit();
});

say.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say.requestSubmit();
  }
});

messages.addEventListener("dblclick", (event) => {
  const article = event.target.closest("article");
  const words = article?.querySelector(".text")?.textContent;
  if (words) cite(article.dataset.id, words);
});
quote.querySelector("button").addEventListener("click", () => cite("", ""));

const events = new EventSource("/phone/events?" + chat);
events.addEventListener("changed", refresh);
events.addEventListener("open", refresh);
toEnd();
