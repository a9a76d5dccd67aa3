import tokens from '../../tokens.css?inline'
import style from './style.css?inline'
import { App } from './app'

/**
 * The chat widget: one script tag on any page whose origin the channel lists.
 *
 *   <script src="https://hub/widget.js" data-channel="web" data-lang="vi" async></script>
 *
 * It lives in a shadow tree, takes none of the page's styles and leaves none.
 * The page may call Tongdai.open() and Tongdai.close(), mark buttons with
 * data-tongdai-open, and listen for tongdai:ready, tongdai:open, tongdai:close.
 */
const script = (document.currentScript ?? document.querySelector('script[data-channel][src*="widget.js"]')) as HTMLScriptElement | null

declare global {
  interface Window {
    Tongdai?: { open(): void; close(): void }
  }
}

/** sheets are adopted rather than written into the page, so that no page's policy forbids them. */
function sheets(): CSSStyleSheet[] {
  // rem would follow the host page's own idea of a root font size.
  const fixed = tokens.replace(/([\d.]+)rem\b/g, (_, n: string) => `${Number(n) * 16}px`)
  return [fixed, style].map((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
}

function begin(source: HTMLScriptElement): void {
  const channel = source.dataset.channel ?? 'web'
  const host = document.createElement('tongdai-chat')
  const root = host.attachShadow({ mode: 'open' })
  root.adoptedStyleSheets = sheets()
  const app = new App(root, new URL(`chat/${encodeURIComponent(channel)}/`, source.src), channel, source.dataset.lang)
  document.body.append(host)
  window.Tongdai = { open: () => app.open(), close: () => app.close() }
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest?.('[data-tongdai-open]')) return
    event.preventDefault()
    app.open()
  })
  app.restore()
  dispatchEvent(new CustomEvent('tongdai:ready'))
}

if (script && !window.Tongdai) {
  if (document.body) begin(script)
  else addEventListener('DOMContentLoaded', () => begin(script), { once: true })
}
