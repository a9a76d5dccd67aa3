/** What the hub says and hears; see connectors/webchat. */
export interface FileRef {
  ticket?: string
  name: string
  type: string
  size: number
  problem?: string
}

export interface Choice {
  label: string
  value: string
}

export interface Link {
  label: string
  url: string
}

export type Author = 'citizen' | 'bot' | 'member' | 'department' | 'system'

export interface Said {
  cursor: string
  conversation: string
  seq: number
  code: string
  id: string
  key?: string
  own: boolean
  author: Author
  name?: string
  automatic: boolean
  at: string
  text: string
  pressed?: string
  choices?: Choice[]
  links?: Link[]
  files?: FileRef[]
  place?: { latitude: number; longitude: number; label: string }
  form?: { label: string; value: string }[]
}

export interface Staffed {
  now: boolean
  opens?: string
}

export interface Config {
  name: string
  titles?: Record<string, string>
  languages: string[]
  privacy?: Record<string, string>
  privacyUrl?: string
  phone?: string
  staffed: Staffed
  limits: { text: number; attachment: number; attachments: number }
}

export interface History {
  said: Said[]
  cursor: string
  more: boolean
}

export interface Post {
  key: string
  text: string
  pressed?: string
  attachments?: string[]
  language: string
  page: string
}

/** Challenge is the work that is asked for; see Gate in connectors/edge. */
export interface Challenge {
  salt: string
  hash: string
  most: number
  seal: string
}

export interface Proof {
  salt: string
  number: number
  seal: string
}
