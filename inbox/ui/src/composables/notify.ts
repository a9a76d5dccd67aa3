/** Asks the person for desktop notifications; answers whether they are allowed. */
export async function askToNotify(): Promise<boolean> {
  if (!('Notification' in window)) return false
  return (await Notification.requestPermission()) === 'granted'
}

/** Shows a notification on the desktop, where that is allowed. Another with the same tag takes its place. */
export function showOnDesktop(title: string, body: string, tag: string, open: () => void) {
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  const notification = new Notification(title, { body, tag })
  notification.onclick = () => {
    window.focus()
    open()
    notification.close()
  }
}
