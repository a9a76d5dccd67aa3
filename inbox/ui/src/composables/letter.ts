import { api, outcome } from '@/api/client'
import type { Conversation, MailAddress } from '@/api/types'

/**
 * The subject of a letter where it tells more than that of its matter: answers
 * repeat it behind "Re:" and with the code.
 */
export function ownSubject(subject: string | undefined, matter: Pick<Conversation, 'subject' | 'code'> | undefined): string {
  if (!subject || !matter) return subject ?? ''
  const plain = subject.replaceAll(`[${matter.code}]`, '').trim().toLowerCase()
  return matter.subject && plain.endsWith(matter.subject.trim().toLowerCase()) ? '' : subject
}

/** "Sở Xây dựng (sxd@…)", or the address alone. */
export const calledAddress = ({ name, mail }: MailAddress) => (name && name !== mail ? `${name} (${mail})` : mail)

// As the server takes them; see inbox/letter_desk.go.
const mailbox = /^[\w!#$%&'*+/=?^{|}~-]+(?:\.[\w!#$%&'*+/=?^{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$/
const longest = { address: 254, local: 64 }

export function isAddress(mail: string): boolean {
  return mail.length <= longest.address && mail.indexOf('@') <= longest.local && mailbox.test(mail)
}

/** Understands what was typed or pasted: addresses, alone or as "Tên <địa chỉ>", between commas, semicolons or lines. */
export function readAddresses(text: string): { found: MailAddress[]; wrong: string[] } {
  const found: MailAddress[] = []
  const wrong: string[] = []
  for (const piece of text.split(/[,;\n]+/).map((one) => one.trim()).filter(Boolean)) {
    const named = /^"?([^"<]*?)"?\s*<([^<>]+)>$/.exec(piece)
    const mail = (named?.[2] ?? piece).trim()
    if (isAddress(mail)) found.push({ name: named?.[1]?.trim() || undefined, mail })
    else wrong.push(piece)
  }
  return { found, wrong }
}

/** Adds addresses to a list, none twice. */
export function withAddresses(list: readonly MailAddress[], more: readonly MailAddress[]): MailAddress[] {
  const all = [...list]
  for (const one of more) {
    if (!all.some(({ mail }) => mail.toLowerCase() === one.mail.toLowerCase())) all.push(one)
  }
  return all
}

/** Where a letter is shown as its sender laid it out; only ever opened in a frame that can do nothing. */
export function letterPageUrl(conversation: string, message: string, remote: boolean): string {
  return `/api/v1/conversations/${encodeURIComponent(conversation)}/messages/${encodeURIComponent(message)}/page${remote ? '?remote=true' : ''}`
}

/** Asks whether a letter can be shown so, and how many of its pictures lie on other servers: nobody can look into the frame. */
export function askLetterPage(conversation: string, message: string, remote: boolean) {
  const params = { path: { id: conversation, message }, query: remote ? { remote } : {} }
  const asked = api.GET('/conversations/{id}/messages/{message}/page', { params, parseAs: 'text' })
  return outcome(asked.then((answer) => ({ ...answer, data: Number(answer.response.headers.get('Tongdai-Remote-Pictures') ?? 0) })))
}
