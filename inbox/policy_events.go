package inbox

// Hearing is how much of a happening somebody may hear.
type Hearing int

// What is heard of a happening.
const (
	HearsNothing Hearing = iota
	HearsOf              // that it happened
	HearsAll             // that, and the conversation it happened to
	HearsItGo            // that the conversation is not his to see any more
)

// Hears says how much of h the actor may hear. A kind of event that is not named
// here is heard by nobody.
func (a Actor) Hears(h Happening) Hearing {
	switch h.Kind {
	case MessageAdded, MessageChanged, ConversationChanged, MemberPresent:
		return a.hearsOf(h)
	case NoticeAdded:
		if h.Member == a.Member.ID && a.May(KeepAccount) {
			return HearsOf
		}
	case KnowledgeChanged:
		return told(a.May(SeeKnowledge))
	case DirectoryChanged, DutyChanged:
		return told(a.May(SeeDirectory))
	case AnswersChanged:
		return told(a.May(AnswerConversation))
	}
	return HearsNothing
}

func (a Actor) hearsOf(h Happening) Hearing {
	switch {
	case h.Conversation == "":
		return HearsNothing
	case a.MayWith(SeeConversation, h.Row):
		return HearsAll
	case h.Kind != MemberPresent && a.May(SeeConversation) && a.of(h.Department):
		return HearsItGo // it was his department's until now
	}
	return HearsNothing
}

func told(may bool) Hearing {
	if may {
		return HearsOf
	}
	return HearsNothing
}
