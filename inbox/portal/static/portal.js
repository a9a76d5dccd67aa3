// What the citizens' pages can do besides being pages: answers under the search
// box as one types, the chat, printing. Without this script the same search is
// a form and the chat's links lead to the contact page.
(() => {
  'use strict'

  const pause = 150 // ms without a key before asking

  for (const part of document.querySelectorAll('[data-needs-script], [data-print]')) part.hidden = false

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-print]')) window.print()
    // Where the widget did not load, the link leads to the page that says so.
    if (event.target.closest('[data-chat]') && window.Tongdai) {
      event.preventDefault()
      window.Tongdai.open()
    }
  })

  for (const form of document.querySelectorAll('[data-search]')) combobox(form)

  /** Makes the input of a search form a combobox with a list of answers. */
  function combobox(form) {
    const input = form.querySelector('input')
    const status = form.querySelector('[data-search-status]')
    const list = document.createElement('ul')
    list.className = 'listbox'
    list.id = 'goi-y'
    list.hidden = true
    list.setAttribute('role', 'listbox')
    list.setAttribute('aria-label', 'Câu trả lời gợi ý')
    input.after(list)
    for (const [name, value] of Object.entries({
      role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': list.id, 'aria-expanded': 'false',
    })) input.setAttribute(name, value)

    const known = new Map() // answers by question, for as long as the page is open
    let rows = [] // shown now
    let active = -1
    let timer = 0
    let asking = null

    function show(items, message) {
      rows = items
      active = -1
      list.replaceChildren(...(items.length > 0 ? items.map(option) : [note(message)]))
      open(true)
      status.textContent = items.length > 0 ? `${items.length} câu gợi ý, bấm mũi tên xuống để chọn` : message
    }

    function option(item, index) {
      const row = document.createElement('li')
      row.id = `goi-y-${index}`
      row.setAttribute('role', 'option')
      row.setAttribute('aria-selected', 'false')
      row.append(line('b', '', item.question), line('span', 'says', item.answer))
      if (item.department) row.append(line('span', 'who', item.department))
      return row
    }

    function note(message) {
      const row = line('li', 'none', message)
      row.setAttribute('role', 'option')
      row.setAttribute('aria-disabled', 'true')
      return row
    }

    function line(tag, className, text) {
      const element = document.createElement(tag)
      element.className = className
      element.textContent = text
      return element
    }

    function open(yes) {
      list.hidden = !yes
      input.setAttribute('aria-expanded', String(yes))
      if (!yes) mark(-1)
    }

    function mark(index) {
      list.children[active]?.setAttribute('aria-selected', 'false')
      active = index
      const row = list.children[active]
      if (!row) return input.removeAttribute('aria-activedescendant')
      row.setAttribute('aria-selected', 'true')
      row.scrollIntoView({ block: 'nearest' })
      input.setAttribute('aria-activedescendant', row.id)
    }

    function close() {
      clearTimeout(timer)
      asking?.abort()
      open(false)
      status.textContent = ''
    }

    async function ask(question) {
      asking?.abort()
      const mine = (asking = new AbortController())
      try {
        let items = known.get(question)
        if (!items) {
          const response = await fetch('/tim?' + new URLSearchParams({ q: question }), { signal: mine.signal })
          if (!response.ok) throw new Error(response.statusText)
          items = await response.json()
          known.set(question, items)
        }
        show(items, 'Chưa thấy câu phù hợp. Bấm Tìm để xem những câu gần nhất.')
      } catch {
        if (!mine.signal.aborted) show([], 'Chưa tìm được. Anh/chị xem lại kết nối mạng hoặc bấm Tìm.')
      }
    }

    input.addEventListener('input', () => {
      clearTimeout(timer)
      const question = input.value.trim()
      if (question.length < 2) return close()
      timer = setTimeout(ask, pause, question)
    })

    input.addEventListener('keydown', (event) => {
      if (event.isComposing) return
      if (event.key === 'Escape' && !list.hidden) {
        event.preventDefault() // keeps what was typed
        close()
      } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && rows.length > 0) {
        event.preventDefault()
        if (list.hidden) open(true)
        // One place more than there are rows: the question itself.
        const places = rows.length + 1
        const step = event.key === 'ArrowDown' ? 1 : -1
        mark(((active + 1 + step + places) % places) - 1)
      } else if (event.key === 'Enter' && active >= 0) {
        event.preventDefault()
        location.assign(rows[active].url)
      }
    })

    list.addEventListener('mousedown', (event) => event.preventDefault()) // the input keeps its focus
    list.addEventListener('click', (event) => {
      const index = [...list.children].indexOf(event.target.closest('li'))
      if (rows[index]) location.assign(rows[index].url)
    })
    input.addEventListener('blur', close)
    form.addEventListener('submit', close)
  }
})()
