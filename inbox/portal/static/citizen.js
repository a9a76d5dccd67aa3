// What forms can do besides being forms: say where one is, name files that are
// too large before they are sent, send once, do the work that is asked of a
// busy network, and show what is answered while the page is open. Without this
// script all of it is a form and a reload.
(() => {
  'use strict'

  const look = 15_000 // ms between looks for an answer

  document.querySelector('[data-problems]')?.focus()

  for (const button of document.querySelectorAll('[data-here]')) button.addEventListener('click', () => here(button))

  /** Writes where the browser is into an input. */
  function here(button) {
    const input = document.getElementById(button.dataset.here)
    const status = document.querySelector('[data-here-status]')
    if (!navigator.geolocation) return (status.textContent = 'Trình duyệt này không cho biết vị trí.')
    status.textContent = 'Đang lấy vị trí…'
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        input.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`
        status.textContent = `Đã lấy vị trí, sai số khoảng ${Math.round(coords.accuracy)} m.`
      },
      () => (status.textContent = 'Chưa lấy được vị trí. Anh/chị có thể bỏ trống, hoặc dán liên kết bản đồ.'),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    )
  }

  for (const input of document.querySelectorAll('input[type="file"][data-size]')) {
    input.addEventListener('change', () => {
      const wrong = input.parentElement.querySelector('[data-files-wrong]')
      const large = [...input.files].find((file) => file.size > Number(input.dataset.size))
      const many = input.files.length > Number(input.dataset.most)
      wrong.hidden = !large && !many
      wrong.textContent = large
        ? `“${large.name}” quá lớn, hãy chọn tệp nhỏ hơn.`
        : many ? `Chỉ gửi được ${input.dataset.most} tệp một lần, hãy bỏ bớt.` : ''
    })
  }

  for (const form of document.querySelectorAll('[data-send]')) {
    const button = form.querySelector('[data-busy]')
    const words = button.textContent
    form.addEventListener('submit', (event) => {
      if (button.getAttribute('aria-disabled') === 'true') return event.preventDefault()
      button.setAttribute('aria-disabled', 'true')
      button.textContent = button.dataset.busy
      form.querySelector('[data-send-status]').textContent = button.dataset.busy
    })
    addEventListener('pageshow', () => { // back again, from the browser's memory
      button.removeAttribute('aria-disabled')
      button.textContent = words
    })
  }

  const proof = document.querySelector('input[name="bai-giai"]')
  if (proof && window.crypto?.subtle) work(proof)

  /** Does the work that the form was refused for want of, and sends it again. */
  async function work(input) {
    const says = document.querySelector('[data-work-says]')
    const wait = document.querySelector('[data-work-wait]')
    const heading = document.querySelector('[data-problems] h2')
    const words = heading?.textContent
    const show = (working) => {
      ;[says.hidden, wait.hidden] = [!working, working]
      if (heading) heading.textContent = working ? 'Đang gửi lại…' : words
    }
    show(true)
    const { salt, hash, most, seal } = input.dataset
    const number = await solve(salt, hash, Number(most))
    if (number < 0) return show(false)
    input.value = JSON.stringify({ salt, number, seal })
    input.form.requestSubmit()
  }

  /** Tries numbers until the SHA-256 of salt and number is hash (connectors/edge); -1: none is. */
  async function solve(salt, hash, most) {
    const text = new TextEncoder()
    const begin = parseInt(hash.slice(0, 8), 16)
    const atOnce = 500
    for (let from = 0; from < most; from += atOnce) {
      const sums = await Promise.all(Array.from({ length: atOnce }, (_, i) => crypto.subtle.digest('SHA-256', text.encode(salt + (from + i)))))
      const i = sums.findIndex((sum) => new DataView(sum).getUint32(0) === begin)
      if (i >= 0) return from + i
    }
    return -1
  }

  for (const button of document.querySelectorAll('[data-copy]')) {
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy)
        button.textContent = 'Đã sao chép liên kết'
      } catch {
        button.textContent = 'Hãy bôi đen liên kết ở trên rồi sao chép'
      }
    })
  }

  const live = document.querySelector('[data-live]')
  if (live) setInterval(refresh, look)

  /** Shows what has been said since; forms stay as they are. */
  async function refresh() {
    if (document.hidden) return
    try {
      const response = await fetch(location.pathname, { headers: { Accept: 'text/html' } })
      if (!response.ok) return
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      const now = page.querySelector('[data-live]')
      const shown = document.querySelector('[data-live]')
      if (now && shown.textContent !== now.textContent) shown.replaceWith(now)
    } catch {
      // the next look may come through
    }
  }
})()
