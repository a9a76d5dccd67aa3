import { t, te } from '@/i18n'

/** What people call the platform of a channel: "Zalo". */
export function platformName(kind: string): string {
  return te(`channelKind.${kind}`) ? t(`channelKind.${kind}`) : t('channelKind.other')
}
