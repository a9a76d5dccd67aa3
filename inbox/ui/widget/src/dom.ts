type Child = Node | string | false | null | undefined
type Props = Record<string, string | number | boolean | EventListener | undefined>

/**
 * h makes an element. Strings become text nodes and nothing is ever parsed as
 * markup, so what people write stays text.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  fill(element, ...children)
  return element
}

/** fill replaces what is in an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== false && child != null && child !== '') as (Node | string)[])
}

const shapes = {
  chat: 'M21 12a8 8 0 0 1-8 8H4l1.9-3.2A8 8 0 1 1 21 12ZM9 11h7M9 14.5h4.5',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12.5 6l6 6-6 6',
  clip: 'M20 11.5l-8 8a5 5 0 0 1-7.1-7.1l8.5-8.4a3.3 3.3 0 0 1 4.7 4.7l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.7-7.6',
  phone: 'M6.6 3.5h3l1.5 4-2 1.6a12 12 0 0 0 5.8 5.8l1.6-2 4 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.6 5.7a2 2 0 0 1 2-2.2Z',
  open: 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5',
  file: 'M14 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V7l-4-4ZM14 3v4h4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 8v4.3l3 1.8',
  alert: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 8v5M12 16h.01',
  pin: 'M12 21s6.5-5.6 6.5-11a6.5 6.5 0 0 0-13 0c0 5.4 6.5 11 6.5 11ZM12 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6Z',
}

/** icon is a drawing without meaning of its own; what it stands in has a name. */
export function icon(name: keyof typeof shapes): SVGElement {
  const ns = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(ns, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(ns, 'path')
  path.setAttribute('d', shapes[name])
  svg.append(path)
  return svg
}

const webAddress = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g

/** linked writes text with its web addresses as links. */
export function linked(text: string): (Node | string)[] {
  const parts: (Node | string)[] = []
  let end = 0
  for (const match of text.matchAll(webAddress)) {
    parts.push(text.slice(end, match.index), outward(match[0], match[0]))
    end = match.index + match[0].length
  }
  parts.push(text.slice(end))
  return parts.filter((part) => part !== '')
}

/** outward is a link that leaves the page, or plain text if its kind is not known to be harmless. */
export function outward(label: string, address: string, props: Props = {}): Node {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return document.createTextNode(label)
  }
  if (!['https:', 'http:', 'tel:', 'mailto:'].includes(url.protocol)) return document.createTextNode(label)
  const web = url.protocol.startsWith('http')
  return h('a', { href: url.href, ...(web && { target: '_blank', rel: 'noopener noreferrer' }), ...props }, label)
}
