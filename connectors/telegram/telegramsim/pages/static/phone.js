// The telephone works without this: it keeps the page from being loaded anew, and
// shows what arrives as it arrives.
const phone = document.querySelector(".phone");
const chat = "user=" + encodeURIComponent(phone.dataset.user);
const messages = document.getElementById("messages");
const quote = document.getElementById("quote");
const say = document.querySelector(".say");
const react = document.getElementById("react");

const toEnd = () => { messages.scrollTop = messages.scrollHeight; };

let expiry;
async function refresh() {
  const answer = await fetch("/phone/messages?" + chat);
  if (!answer.ok) return;
  messages.innerHTML = await answer.text();
  toEnd();
  clearTimeout(expiry);
  if (messages.querySelector(".typing")) expiry = setTimeout(refresh, 5000);
}

// cite chooses a message to answer, or one's own to change.
function cite(id, words, own) {
  say.elements.quote.value = own ? "" : id;
  say.elements.message.value = own ? id : "";
  say.elements.text.value = own ? words : say.elements.text.value;
  react.elements.message.value = id;
  react.hidden = !id;
  quote.hidden = !id;
  quote.firstElementChild.textContent = (own ? "Sửa: " : "") + words;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  if (form === say) {
    if (!say.elements.text.value.trim()) return;
    say.reset();
    cite("", "", false);
  }
  await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "phone" } });
  if (form.dataset.reload !== undefined) location.reload();
  const more = document.querySelector(".more");
  if (more) more.open = false;
});

if (say) {
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
    const line = event.target.closest(".line");
    if (!line) return;
    const words = line.querySelector(".text")?.textContent ?? "Tin nhắn";
    cite(line.dataset.id, words, line.classList.contains("own") && line.dataset.kind === "text");
  });
  quote.querySelector("button").addEventListener("click", () => cite("", "", false));
}

const events = new EventSource("/phone/events?" + chat);
events.addEventListener("changed", refresh);
events.addEventListener("open", refresh);
toEnd();
