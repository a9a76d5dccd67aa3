package api

import (
	"slices"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// shownPlacements are the views whose order a page keeps by itself.
var shownPlacements = []inbox.ListID{
	inbox.AllList, inbox.OpenList, inbox.UnassignedList, inbox.UrgentList, inbox.BotList, inbox.ResolvedList,
	inbox.PromisedList, inbox.OverdueList, inbox.SnoozedList, inbox.ScreenedList,
}

func answer(c inbox.Conversation) gen.ConversationJSONResponse {
	return gen.ConversationJSONResponse(toConversation(c))
}

func toConversation(c inbox.Conversation) gen.Conversation {
	return gen.Conversation{
		Id: string(c.ID), Code: c.Code, Channel: string(c.Channel), ContactId: string(c.Contact), ContactName: c.ContactName,
		Subject: c.Subject,
		Status:  gen.ConversationStatus(c.Status), Handler: gen.ConversationHandler(c.Handler), Urgent: c.Urgent,
		Category: string(c.Category), Department: string(c.Department), Assignee: string(c.Assignee),
		LastText: c.LastText, LastAuthor: gen.AuthorKind(c.LastAuthor), LastAt: c.LastAt,
		CreatedAt: c.CreatedAt, WaitingSince: c.WaitingSince, ResolvedAt: c.ResolvedAt,
		LastSeq: int64(c.LastSeq), ReadSeq: int64(c.ReadSeq), Unread: c.Unread, Version: int64(c.Version),
		Locality: string(c.Locality), Contributing: toStrings(c.Contributing),
		Due: c.Due, Owed: gen.ConversationOwed(c.Owed), PromisedBy: c.PromisedBy, Overdue: c.Overdue,
		Alarm: gen.ConversationAlarm(c.Alarm), SnoozedUntil: c.SnoozedUntil, Incident: string(c.Incident),
		Labels: c.Labels, Ending: gen.ConversationEnding(c.Ending),
		Rating:   gen.Rating{AskedAt: c.Rating.AskedAt, Stars: c.Rating.Stars, Comment: c.Rating.Comment, At: c.Rating.At},
		InPublic: c.InPublic, Standby: c.Standby, CameBy: c.CameBy,
		Placements: toPlacements(c),
	}
}

func toPlacements(c inbox.Conversation) map[string]string {
	mine, channel := inbox.OfMember(c.Assignee), inbox.OfChannel(c.Channel)
	var contributed []inbox.ListID
	for _, d := range c.Contributing {
		contributed = append(contributed, inbox.OfDepartment(inbox.ContributingList, d))
	}
	out := map[string]string{}
	for _, p := range inbox.Placements(c) {
		switch {
		case slices.Contains(contributed, p.List):
			out[string(inbox.ContributingList)] = p.Rank // the same for each department
		case slices.Contains(shownPlacements, p.List):
			out[string(p.List)] = p.Rank
		case p.List == mine:
			out[string(inbox.MineView)] = p.Rank
		case p.List == channel:
			out[string(inbox.ChannelView)] = p.Rank
		case len(c.Labels) > 0 && p.List == inbox.OfLabel(c.Labels[0]): // all labels rank alike
			out[string(inbox.LabelView)] = p.Rank
		}
	}
	return out
}

func toConversations(list []inbox.Conversation) []gen.Conversation {
	out := make([]gen.Conversation, len(list))
	for i, c := range list {
		out[i] = toConversation(c)
	}
	return out
}

func toContact(c inbox.Contact) gen.Contact {
	return gen.Contact{
		Id: string(c.ID), Name: c.Name, Phone: c.Phone, Email: c.Email, Language: c.Language, CreatedAt: c.CreatedAt,
	}
}

func toHandoff(h *inbox.Handoff) gen.Handoff {
	if h == nil {
		return gen.Handoff{}
	}
	return gen.Handoff{
		At: h.At, Reason: gen.HandoffReason(h.Reason), Asked: h.Asked, AskedPlace: h.AskedPlace, Candidates: toCandidates(h.Candidates),
	}
}

func toCandidates(list []bot.Candidate) []gen.Candidate {
	out := make([]gen.Candidate, len(list))
	for i, c := range list {
		out[i] = gen.Candidate{Entry: string(c.Entry), Question: c.Question, Confidence: c.Confidence}
	}
	return out
}

func toSaid(s inbox.Said) gen.Message {
	m := toMessage(s.Message)
	if s.Quote != nil {
		m.Quote = toQuote(*s.Quote)
	}
	if s.Turn != nil {
		m.Turn = gen.Turn{
			Outcome: gen.TurnOutcome(s.Turn.Outcome), Reason: string(s.Turn.Reason), Entry: string(s.Turn.Entry),
			Confidence: s.Turn.Confidence, Candidates: toCandidates(s.Turn.Candidates),
		}
	}
	return m
}

// quoteShown is how much of what a message answers is shown with it, in characters.
const quoteShown = 200

func toQuote(q inbox.Quote) gen.Quote {
	out := gen.Quote{
		Message: string(q.Message), Conversation: string(q.Conversation), Code: q.Code, Seq: int64(q.Seq),
		Author: toAuthor(q.Author), Text: q.Content.Text,
	}
	if text := []rune(out.Text); len(text) > quoteShown {
		out.Text = string(text[:quoteShown]) + "…"
	}
	out.Attachments = toAttachments(q.Content.Attachments)
	return out
}

func toAuthor(a inbox.Author) gen.Author {
	return gen.Author{Kind: gen.AuthorKind(a.Kind), Name: a.Name, Member: string(a.Member)}
}

func toMessage(m inbox.Message) gen.Message {
	out := gen.Message{
		Id: string(m.ID), Conversation: string(m.Conversation), Seq: int64(m.Seq), Direction: gen.MessageDirection(m.Direction),
		Author: toAuthor(m.Author),
		SentAt: m.SentAt, ReceivedAt: m.ReceivedAt, ShownAt: m.ShownAt, Late: m.Late, Elsewhere: m.Elsewhere,
		Private: m.Private, Revises: string(m.Revises), WithdrawnAt: m.WithdrawnAt, Hidden: m.Hidden, Reaction: m.Reaction,
		Opening: m.Pressed == inbox.Opening,
		Text:    m.Content.Text, Automatic: m.Automatic, Proposed: m.Proposed, Entry: string(m.Entry),
		Delivery: toDelivery(m.Delivery),
	}
	if m.Direction != inbox.In {
		out.Key = m.Key
	}
	if m.Change != nil {
		out.Change = gen.Change{Action: string(m.Change.Action), From: m.Change.From, To: m.Change.To}
	}
	toContent(m.Content, &out)
	out.Letter = toLetter(m)
	return out
}

func toDelivery(d inbox.Delivery) gen.Delivery {
	return gen.Delivery{State: gen.DeliveryState(d.State), Reason: d.Reason, Doubtful: d.Doubtful, At: d.At}
}

func toContent(c content.Content, out *gen.Message) {
	for _, choice := range c.Choices {
		out.Choices = append(out.Choices, gen.Choice{Label: choice.Label, Value: choice.Value})
	}
	for _, link := range c.Links {
		out.Links = append(out.Links, gen.Link{Label: link.Label, Url: link.URL})
	}
	out.Attachments = toAttachments(c.Attachments)
	for _, f := range c.Form {
		out.Form = append(out.Form, gen.FormField{Name: f.Name, Label: f.Label, Value: f.Value})
	}
	if c.Place != nil {
		out.Place = gen.Place{Latitude: c.Place.Latitude, Longitude: c.Place.Longitude, Label: c.Place.Label}
	}
}

// toAttachments leaves out what the message was made of: that is no file somebody
// put to it, and belongs to the letter.
func toAttachments(list []content.Attachment) (out []gen.Attachment) {
	for _, a := range list {
		if a.Kind != content.Original {
			out = append(out, toAttachment(a))
		}
	}
	return out
}

func toAttachment(a content.Attachment) gen.Attachment {
	return gen.Attachment{Id: a.ID, Kind: gen.AttachmentKind(a.Kind), Name: a.Name, Type: a.Type, Size: a.Size, Problem: a.Problem}
}

func toChannel(conn connectors.Connector) gen.Channel {
	channel, limits := conn.Channel(), conn.Limits()
	_, moderates := conn.(connectors.Moderator)
	_, shares := conn.(connectors.Controller)
	return gen.Channel{
		Moderates: moderates, Shares: shares,
		Id: string(channel.ID), Kind: channel.Kind, Name: channel.Name,
		Limits: gen.Limits{
			TextLength: limits.TextLength, AttachmentSize: limits.AttachmentSize,
			Quotes: limits.Quotes, AttachmentTypes: limits.AttachmentTypes, FreeReplies: limits.FreeReplies,
			PrivateReplies: limits.PrivateReplies, Letters: limits.Letters,
			ReplyWindowSeconds: int64(limits.ReplyWindow.Seconds()), FreeWindowSeconds: int64(limits.FreeWindow.Seconds()),
		},
	}
}

func toHits(hits []kb.Hit) []gen.EntryHit {
	out := make([]gen.EntryHit, len(hits))
	for i, h := range hits {
		out[i] = gen.EntryHit{Entry: toEntry(h.Entry), Confidence: h.Confidence}
	}
	return out
}
