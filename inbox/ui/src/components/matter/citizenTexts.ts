// What the citizen is told, proposed to the member, who edits it before it is
// sent. These are not words of the screen: they are in the citizen's language.

/** What the member has still to fill in. */
export const reasonPlace = { vi: '[lý do]', en: '[reason]' }

type Language = keyof typeof reasonPlace

function tongue(language: string | undefined): Language {
  return language === 'en' ? 'en' : 'vi'
}

/** Why the matter is not for this hotline, with a place for the reason. */
export function notOursText(language: string | undefined, house: string): string {
  return tongue(language) === 'en'
    ? `Thank you for contacting ${house}. We are sorry that we cannot handle this matter: ${reasonPlace.en}. We wish you all the best.`
    : `Dạ, ${house} cảm ơn anh/chị đã liên hệ. Rất tiếc nội dung anh/chị gửi không thuộc phạm vi tiếp nhận của tổng đài: ${reasonPlace.vi}. Mong anh/chị thông cảm ạ.`
}

/** Whom to call, or to write to where no number is known. */
export function referralText(language: string | undefined, name: string, at: { phone?: string; email?: string }): string {
  const { phone, email } = at
  if (tongue(language) === 'en') {
    const how = phone ? `call ${name} at ${phone}${email ? ` or write to ${email}` : ''}` : `write to ${name} at ${email}`
    return `For this matter please ${how}; they will help you directly. Thank you for contacting us.`
  }
  const how = phone ? `gọi ${name} theo số ${phone}${email ? ` hoặc gửi thư tới ${email}` : ''}` : `gửi thư cho ${name} tới ${email}`
  return `Dạ, về việc này anh/chị vui lòng ${how} để được hướng dẫn trực tiếp ạ. Cảm ơn anh/chị đã liên hệ tổng đài.`
}

/** Reports whether the member has left the place for the reason as it was. */
export function unfilled(text: string): boolean {
  return Object.values(reasonPlace).some((place) => text.includes(place))
}
