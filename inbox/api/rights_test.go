package api_test

import (
	"net/http"
	"strings"

	"tongdai/inbox"
)

// access is the table that the door is held to: an operation of the document,
// what a caller must be answered by the policy (see may, with, forDepartment and
// whole in access_test.go), and how it is asked for about a matter of the
// department inCharge, to which the department asked was asked to contribute.
// An operation without a row fails TestAccess. One with several ways of asking
// has several rows.
var access = []struct {
	operation string
	wants     expected
	request   request
}{
	{"getSetup", free(200), get("/setup")},
	{"postSetup", free(409), post("/setup", `{"code":"`+setupCode+`","login":"boss","name":"Sếp","password":"`+right+`"}`)},
	{"postSession", free(401), post("/session", `{"login":"admin","password":"sai rồi"}`)},
	{"getSession", may(inbox.KeepAccount, 200), get("/session")},
	{"deleteSession", may(inbox.KeepAccount, 204), remove("/session")},
	{"proveSession", may(inbox.KeepAccount, 204), post("/session/proof", `{"password":"`+right+`"}`)},
	{"beginFactor", may(inbox.KeepAccount, 409), post("/session/factor", "")},
	{"confirmFactor", may(inbox.KeepAccount, 422), put("/session/factor", `{"code":"000000"}`)},
	{"dropFactor", may(inbox.KeepAccount, 409), remove("/session/factor")},
	{"renewRecovery", may(inbox.KeepAccount, 409), post("/session/factor/recovery", "")},
	{"makeLinkCode", may(inbox.KeepAccount, 200), post("/session/link-code", "")},
	{"listSessions", may(inbox.KeepAccount, 200), get("/sessions")},
	{"listSessions", may(inbox.ManageMembers, 404), get("/sessions?member=none")},
	{"endSessions", may(inbox.KeepAccount, 204), remove("/sessions")},
	{"endSession", may(inbox.KeepAccount, 404), remove("/sessions/none")},
	{"resetFactor", may(inbox.ManageMembers, 404), remove("/members/none/factor")},
	{"putPassword", may(inbox.KeepAccount, 204), put("/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)},

	{"getBook", may(inbox.ManageDirectory, 200), get("/directory/book")},
	{"editDirectory", may(inbox.ManageDirectory, 409), post("/directory/edits", department(99, "so-y-te", "Sở Y tế", ""))},
	{"listRevisions", may(inbox.ManageDirectory, 200), get("/directory/revisions")},
	{"restoreRevision", may(inbox.ManageDirectory, 409), post("/directory/revisions/1/restore", `{"revision":99}`)},
	{"previewBook", may(inbox.ManageDirectory, 200), upload("/directory/imports/preview")},
	{"importBook", may(inbox.ManageDirectory, 200), upload("/directory/imports", "revision", "1")},
	{"exportBook", may(inbox.ManageDirectory, 200), get("/directory/export")},
	{"getDirectory", may(inbox.SeeDirectory, 200), get("/directory")},

	{"getViews", may(inbox.SeeConversation, 200), get("/views")},
	{"listConversations", may(inbox.SeeConversation, 200), get("/conversations?view=open")},
	{"listConversations", forDepartment(inbox.SeeConversation, 200, 404), get("/conversations?view=open&department=so-y-te")},
	{"listConversations", may(inbox.SeeConversation, 200), get("/conversations?view=channel&channel=zalo-1022")},
	{"listConversations", may(inbox.SeeConversation, 200), get("/conversations?view=open&channel=zalo-1022&category=y-te&urgent=true")},
	{"listSavedViews", may(inbox.SeeConversation, 200), get("/saved-views")},
	{"addSavedView", may(inbox.KeepAccount, 200), post("/saved-views", `{"name":"Của tôi","view":"mine"}`)},
	{"addSavedView", sharing, post("/saved-views", `{"name":"Chung {code}","view":"open","shared":true}`)},
	{"putSavedView", may(inbox.KeepAccount, 404), put("/saved-views/none", `{"name":"Của tôi","view":"mine"}`)},
	{"deleteSavedView", may(inbox.KeepAccount, 404), remove("/saved-views/none")},
	{"actOnConversations", may(inbox.SeeConversation, 200), post("/bulk", `{"act":"take","conversations":["{id}"]}`)},
	{"listAnswers", may(inbox.AnswerConversation, 200), get("/answers")},
	{"addAnswer", may(inbox.KeepAnswers, 200), post("/answers", `{"title":"Chào","text":"Dạ","scope":"own"}`)},
	{"addAnswer", whole(inbox.KeepAnswers, 200, 422), post("/answers", `{"title":"Chào","text":"Dạ","scope":"all"}`)},
	{"addAnswer", forDepartment(inbox.KeepAnswers, 200, 422), post("/answers", `{"title":"Chào","text":"Dạ","scope":"department","department":"so-y-te"}`)},
	{"putAnswer", may(inbox.KeepAnswers, 404), put("/answers/none", `{"title":"Chào","text":"Dạ","scope":"own"}`)},
	{"deleteAnswer", may(inbox.KeepAnswers, 404), remove("/answers/none")},
	{"listNotices", may(inbox.KeepAccount, 200), get("/notices")},
	{"putNotices", may(inbox.KeepAccount, 204), put("/notices", `{}`)},
	{"getPreferences", may(inbox.KeepAccount, 200), get("/preferences")},
	{"putPreferences", may(inbox.KeepAccount, 204), put("/preferences", `{"keys":{"take":"v"}}`)},
	{"putPresence", with(inbox.SeeConversation, 200), put("/conversations/{id}/presence", `{"doing":"here"}`)},
	{"listReaders", with(inbox.SeeConversation, 200), get("/conversations/{id}/readers")},
	{"searchMessages", may(inbox.SeeConversation, 200), get("/search?q=b%C3%AD%20m%E1%BA%ADt")},
	{"getConversation", with(inbox.SeeConversation, 200), get("/conversations/{id}")},
	{"listMessages", with(inbox.SeeConversation, 200), get("/conversations/{id}/messages")},
	{"downloadAttachment", with(inbox.SeeConversation, 200), get("/conversations/{id}/attachments/{file}")},
	{"getLetterPage", unmasked, letterPage("")},
	{"getLetterPage", unmasked, letterPage("?remote=true")},
	{"getLetterPage", with(inbox.SeeConversation, 404), get("/conversations/{id}/messages/{stuck}/page")},
	{"listSuggestions", with(inbox.SeeConversation, 200), get("/conversations/{id}/suggestions")},
	{"putRead", with(inbox.SeeConversation, 200), put("/conversations/{id}/read", `{"seq":1}`)},
	{"takeConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/take", "")},
	{"putControl", with(inbox.AnswerConversation, 409), put("/conversations/{id}/control", `{"held":true}`)},
	{"putHidden", with(inbox.AnswerConversation, 422), put("/conversations/{id}/messages/{stuck}/hidden", `{"hidden":true}`)},
	{"assignConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/assign", `{"member":""}`)},
	{"transferConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/transfer", `{"department":"so-xay-dung","note":"nhờ giúp"}`)},
	{"putCategory", with(inbox.AnswerConversation, 200), put("/conversations/{id}/category", `{"category":"y-te"}`)},
	{"putUrgent", with(inbox.AnswerConversation, 200), put("/conversations/{id}/urgent", `{"urgent":true}`)},
	{"resolveConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/resolve", "")},
	{"reopenConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/reopen", "")},
	{"postReply", with(inbox.AnswerConversation, 200), post("/conversations/{id}/replies", `{"text":"Dạ","key":"k1"}`)},
	{"postNote", with(inbox.NoteConversation, 200), post("/conversations/{id}/notes", `{"text":"ghi chú","key":"k2"}`)},
	{"getPublication", with(inbox.PublishConversation, 200), get("/conversations/{id}/publication")},
	{"putPublication", with(inbox.PublishConversation, 409), put("/conversations/{id}/publication", `{"question":"Hỏi","answer":"Đáp"}`)},
	{"deletePublication", with(inbox.PublishConversation, 200), remove("/conversations/{id}/publication")},
	{"retryDelivery", with(inbox.AnswerConversation, 200), post("/messages/{stuck}/retry", "")},
	{"returnConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/return", `{"reason":"không thuộc đơn vị"}`)},
	{"putContributing", with(inbox.AnswerConversation, 200), put("/conversations/{id}/contributing", `{"departments":[]}`)},
	{"putLocality", with(inbox.AnswerConversation, 422), put("/conversations/{id}/locality", `{"locality":"o-dau"}`)},
	{"listThreads", with(inbox.SeeConversation, 200), get("/conversations/{id}/threads")},
	{"getCharge", with(inbox.SeeConversation, 200), get("/conversations/{id}/charge")},
	{"listPromises", with(inbox.SeeConversation, 200), get("/conversations/{id}/promises")},
	{"makePromise", with(inbox.AnswerConversation, 422), post("/conversations/{id}/promises", `{"due":"2020-01-01T00:00:00Z","text":"Dạ, mai ạ.","key":"k5"}`)},
	{"withdrawPromise", with(inbox.AnswerConversation, 200), post("/conversations/{id}/promises/withdraw", `{"reason":"đã xong"}`)},
	{"getAlarm", with(inbox.SeeConversation, 404), get("/conversations/{id}/alarm")},
	{"confirmAlarm", with(inbox.NoteConversation, 200), post("/conversations/{id}/alarm/confirm", "")},
	{"snoozeConversation", with(inbox.AnswerConversation, 200), put("/conversations/{id}/snooze", `{"until":"2026-11-22T00:30:00Z"}`)},
	{"wakeConversation", with(inbox.AnswerConversation, 200), remove("/conversations/{id}/snooze")},
	{"screenConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/screen", `{"ending":"spam"}`)},
	{"listReferrals", with(inbox.SeeConversation, 200), get("/conversations/{id}/referrals")},
	{"referConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/refer", `{"department":"so-y-te","text":"Dạ, gọi 1022 ạ","key":"k3"}`)},
	{"putLabels", with(inbox.AnswerConversation, 200), put("/conversations/{id}/labels", `{"labels":["chờ hồ sơ"]}`)},
	{"listLabels", may(inbox.SeeConversation, 200), get("/labels")},
	{"changeLabel", may(inbox.ManageLabels, 404), put("/labels", `{"name":"chưa có","colour":"blue"}`)},
	{"deleteLabel", may(inbox.ManageLabels, 404), remove("/labels?name=none")},
	{"putConversationIncident", with(inbox.AnswerConversation, 409), put("/conversations/{id}/incident", `{"title":"Mất nước"}`)},
	{"deleteConversationIncident", with(inbox.AnswerConversation, 200), remove("/conversations/{id}/incident")},
	{"listIncidents", may(inbox.SeeConversation, 200), get("/incidents?closed=true")},
	{"getIncident", with(inbox.SeeConversation, 200), get("/incidents/{incident}")},
	{"putIncident", seeing(wholeHouse(inbox.AnswerConversation)), put("/incidents/{incident}", `{"closed":true}`)},
	{"addReport", hiding(422, with(inbox.AnswerConversation, 200)), post("/incidents/{incident}/reports", `{"code":"{code}"}`)},
	{"listSimilar", with(inbox.SeeConversation, 200), get("/incidents/{incident}/similar")},
	{"answerIncident", seeing(may(inbox.AnswerConversation, 200)), post("/incidents/{incident}/answer", `{"text":"Dạ","key":"k4"}`)},
	{"getContact", with(inbox.SeeConversation, 200), get("/contacts/{contact}")},
	{"listAlike", may(inbox.MergeContacts, 200), get("/contacts/{contact}/alike")},
	{"previewMerge", may(inbox.MergeContacts, 422), get("/contacts/{contact}/merge?contact={contact}")},
	{"mergeContacts", may(inbox.MergeContacts, 404), post("/contacts/{contact}/merge", `{"contact":"none"}`)},
	{"undoMerge", may(inbox.MergeContacts, 404), post("/merges/none/undo", "")},
	{"countEndings", whole(inbox.SeeConversation, 200, 403), get("/reports/endings?from=2026-11-01T00:00:00Z&to=2026-11-30T00:00:00Z")},
	{"uploadAttachment", may(inbox.AnswerConversation, 200), upload("/attachments")},

	{"listStuck", may(inbox.SeeStuck, 200), get("/stuck")},
	{"listQuarantine", may(inbox.SettleQuarantine, 200), get("/quarantine")},
	{"settleQuarantine", may(inbox.SettleQuarantine, 204), post("/quarantine/{raw}/dismiss", "")},
	{"settleQuarantine", may(inbox.SettleQuarantine, 204), post("/quarantine/{raw}/replay", "")},

	{"listChannels", may(inbox.SeeChannels, 200), get("/channels")},
	{"connectChannel", may(inbox.ConnectChannels, 200), post("/channels/oa/connect", "")},
	{"connectChannel", may(inbox.ConnectChannels, 409), post("/channels/zalo-1022/connect", "")},
	{"connectChannel", may(inbox.ConnectChannels, 404), post("/channels/none/connect", "")},
	{"installChannel", may(inbox.ConnectChannels, 200), post("/channels/oa/install", "")},
	{"installChannel", may(inbox.ConnectChannels, 409), post("/channels/zalo-1022/install", "")},
	{"installChannel", may(inbox.ConnectChannels, 404), post("/channels/none/install", "")},
	{"reconcileChannel", may(inbox.ReconcileChannels, 409), post("/channels/oa/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"reconcileChannel", may(inbox.ReconcileChannels, 404), post("/channels/none/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"testChannel", may(inbox.TestChannels, 404), post("/channels/oa/test", `{"by":"conversation","id":"none"}`)},
	{"testChannel", may(inbox.TestChannels, 404), post("/channels/none/test", `{"by":"user","id":"u1"}`)},

	{"getStorage", may(inbox.SeeStorage, 200), get("/storage")},
	{"getHold", may(inbox.ReleaseHold, 204), get("/hold")},
	{"releaseHold", may(inbox.ReleaseHold, 404), put("/hold", `{"aside":true}`)},

	{"listAudit", may(inbox.SeeAudit, 200), get("/audit")},
	{"listAudit", with(inbox.SeeConversation, 200), get("/audit?conversation={id}")},

	{"searchAudit", may(inbox.SeeAudit, 200), get("/audit/search?group=member")},
	{"searchAudit", may(inbox.SeeAudit, 422), get("/audit/search?code=TH-000000-0000")},

	{"listAccounts", may(inbox.ManageMembers, 200), get("/members")},
	{"addAccount", may(inbox.ManageMembers, 422), post("/members", `{"login":"","name":"","role":"viewer","departments":[]}`)},
	{"putAccount", may(inbox.ManageMembers, 404), put("/members/none", `{"name":"A","role":"viewer","departments":[],"disabled":false}`)},
	{"inviteAccount", may(inbox.ManageMembers, 404), post("/members/none/invitation", "")},
	{"previewAccounts", may(inbox.ManageMembers, 200), upload("/members/imports/preview")},
	{"applyAccounts", may(inbox.ManageMembers, 200), upload("/members/imports")},
	{"lookInvitation", free(404), post("/invitation/look", `{"token":"none"}`)},
	{"acceptInvitation", free(404), post("/invitation", `{"token":"none","password":"`+right+`"}`)},
	{"listTokens", may(inbox.ManageTokens, 200), get("/tokens")},
	{"makeToken", byHand(may(inbox.ManageTokens, 422)), post("/tokens", `{"name":"","scope":[],"ends":"2026-11-22T00:00:00Z"}`)},
	{"revokeToken", may(inbox.ManageTokens, 404), remove("/tokens/none")},

	{"searchKnowledge", may(inbox.SeeKnowledge, 200), get("/knowledge/search?q=tiem")},
	{"listEntries", may(inbox.SeeKnowledge, 200), get("/knowledge/entries")},
	{"getEntry", may(inbox.SeeKnowledge, 404), get("/knowledge/entries/none")},
	{"addEntry", forDepartment(inbox.EditKnowledge, 200, 422), post("/knowledge/entries", strings.Replace(draftOfEntry, `"base":1,`, "", 1))},
	{"getEntryLife", may(inbox.SeeKnowledge, 200), get("/knowledge/entries/{entry}/life")},
	{"putEntryDraft", forDepartment(inbox.EditKnowledge, 200, 403), put("/knowledge/entries/{entry}/draft", draftOfEntry)},
	{"actOnEntry", forDepartment(inbox.EditKnowledge, 200, 403), post("/knowledge/entries/{entry}/acts", `{"act":"confirm"}`)},
	{"actOnEntry", forDepartment(inbox.EditKnowledge, 200, 403), post("/knowledge/entries/{entry}/acts", `{"act":"retire","note":"hết đợt"}`)},
	{"actOnEntry", forDepartment(inbox.ReviewKnowledge, 409, 403), post("/knowledge/entries/{entry}/acts", `{"act":"publish"}`)},
	{"actOnEntry", forDepartment(inbox.CommentKnowledge, 200, 403), post("/knowledge/entries/{entry}/acts", `{"act":"comment","note":"xin xem lại"}`)},
	{"putEntryContributing", forDepartment(inbox.EditKnowledge, 200, 403), put("/knowledge/entries/{entry}/contributing", `{"departments":[]}`)},
	{"uploadEntryFile", may(inbox.EditKnowledge, 200), upload("/knowledge/files")},
	{"downloadEntryFile", may(inbox.SeeKnowledge, 404), get("/knowledge/entries/{entry}/files/none")},
	{"getKnowledgeBoard", may(inbox.SeeKnowledge, 200), get("/knowledge/board")},
	{"putKnowledgeDeadline", whole(inbox.ScheduleKnowledge, 204, 403), put("/knowledge/board", `{"department":"so-y-te","category":"y-te","due":"2026-12-01"}`)},
	// The rig's knowledge base cannot be tried: 409.
	{"tryQuestion", may(inbox.SeeKnowledge, 409), post("/knowledge/bench", `{"question":"tiêm ở đâu"}`)},
	{"previewEntry", may(inbox.SeeKnowledge, 200), post("/knowledge/preview", `{"entry":"{entry}"}`)},
	{"listExpected", may(inbox.SeeKnowledge, 200), get("/knowledge/expected")},
	{"saveExpected", forDepartment(inbox.EditKnowledge, 200, 422), post("/knowledge/expected", `{"question":"tiêm ở đâu","entry":"{entry}"}`)},
	{"dropExpected", may(inbox.EditKnowledge, 404), remove("/knowledge/expected/none")},
	{"checkExpected", may(inbox.SeeKnowledge, 409), post("/knowledge/expected/check", "")},
	{"importExpected", may(inbox.EditKnowledge, 200), upload("/knowledge/expected/imports")},
	{"getEffect", may(inbox.SeeKnowledge, 200), get("/knowledge/entries/{entry}/effect")},
	{"listMissed", may(inbox.SeeMissed, 409), get("/knowledge/missed")},
	{"settleMissed", may(inbox.EditKnowledge, 204), post("/knowledge/missed", `{"act":"set_aside","ids":["none"],"reason":"nói đùa"}`)},
	{"settleMissed", forDepartment(inbox.EditKnowledge, 204, 403), post("/knowledge/missed", `{"act":"add_wording","ids":[],"entry":"{entry}","wording":"chích chỗ nào {code}"}`)},
	{"getReindexing", may(inbox.ReindexKnowledge, 200), get("/knowledge/index")},
	{"reindexKnowledge", may(inbox.ReindexKnowledge, 409), post("/knowledge/index", "")},
	{"proposeEntry", with(inbox.AnswerConversation, 200), post("/conversations/{id}/proposal", `{"question":"Tiêm ở đâu?","variants":[],"answer":"Ở trạm.","category":"y-te","department":"so-y-te"}`)},
	{"exportKnowledge", may(inbox.SeeKnowledge, 200), get("/knowledge/export?department=so-y-te")},
	{"previewImport", may(inbox.ImportKnowledge, 200), upload("/knowledge/imports/preview")},
	{"applyImport", may(inbox.ImportKnowledge, 200), upload("/knowledge/imports", "revision", "0")},
	{"getLastImport", may(inbox.ImportKnowledge, 200), get("/knowledge/imports/last")},
	{"undoImport", may(inbox.ImportKnowledge, 404), post("/knowledge/imports/none/undo", `{"rest":false}`)},

	{"getDuty", whole(inbox.SeeDuty, 200, 403), get("/duty")},
	{"listHandovers", whole(inbox.SeeDuty, 200, 403), get("/duty/hand-overs")},
	{"getRoster", whole(inbox.SeeDuty, 200, 403), get("/duty/roster?from=2026-11-23&until=2026-11-29")},
	{"exportRoster", whole(inbox.SeeDuty, 200, 403), get("/duty/roster/file?from=2026-11-23&until=2026-11-29")},
	{"takeDuty", whole(inbox.KeepDuty, 204, 403), post("/duty/take", `{"read":[]}`)},
	{"stayOnDuty", whole(inbox.KeepDuty, 422, 403), post("/duty/stay", `{"until":"2020-01-01T00:00:00Z"}`)},
	{"draftHandover", whole(inbox.KeepDuty, 200, 403), get("/duty/hand-over")},
	{"handOverDuty", whole(inbox.KeepDuty, 409, 403), post("/duty/hand-over", `{"note":"êm ả"}`)},
	{"confirmHandover", whole(inbox.KeepDuty, 404, 403), post("/duty/hand-overs/none/confirm", "")},
	{"previewRoster", whole(inbox.ManageDuty, 200, 403), post("/duty/roster/preview", `{"how":"hand","add":[{"day":"2026-11-23","regime":"none","member":"none"}]}`)},
	{"applyRoster", whole(inbox.ManageDuty, 200, 403), post("/duty/roster", `{"revision":"0","plan":{"how":"hand","add":[{"day":"2026-11-23","regime":"none","member":"none"}]}}`)},
	{"importRoster", whole(inbox.ManageDuty, 200, 403), upload("/duty/roster/file")},
	{"getLastRosterChange", whole(inbox.ManageDuty, 200, 403), get("/duty/roster/last")},
	{"undoRoster", whole(inbox.ManageDuty, 404, 403), post("/duty/roster/changes/none/undo", `{"rest":false}`)},
	{"putDutyLevel", whole(inbox.ManageDuty, 204, 403), put("/duty/level", `{"level":2}`)},
	{"addLeave", whole(inbox.ManageDuty, 422, 403), post("/duty/leaves", `{"member":"none","from":"2026-11-23","until":"2026-11-24"}`)},
	{"removeLeave", whole(inbox.ManageDuty, 404, 403), remove("/duty/leaves/none")},

	{"followEvents", may(inbox.SeeConversation, 200), get("/events")},
}

// draftOfEntry is a draft of what matter makes.
const draftOfEntry = `{"base":1,"text":{"question":"Tiêm ở đâu?","variants":[],"answer":"Ở trạm.","category":"y-te","department":"so-y-te"}}`

func remove(path string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodDelete, m.fill(path), "")
	}
}

// seeing is then for whom the matter is shown to; for others it does not exist.
func seeing(then expected) expected {
	return func(who caller, c inbox.Conversation) int {
		if status := with(inbox.SeeConversation, http.StatusOK)(who, c); status != http.StatusOK {
			return status
		}
		return then(who, c)
	}
}

// unmasked is open to who may see the matter as it is; to others, also those who
// see what identifies a person masked, it does not exist.
func unmasked(who caller, c inbox.Conversation) int {
	switch status := with(inbox.SeePersonal, http.StatusOK)(who, c); status {
	case http.StatusForbidden:
		return http.StatusNotFound
	default:
		return status
	}
}

// hiding is then, but for whom the matter does not exist what was asked for is wrong.
func hiding(wrong int, then expected) expected {
	return func(who caller, c inbox.Conversation) int {
		if status := then(who, c); status != http.StatusNotFound {
			return status
		}
		return wrong
	}
}

// wholeHouse is open to whom the policy allows op everywhere.
func wholeHouse(op inbox.Operation) expected { return whole(op, http.StatusOK, http.StatusForbidden) }

// sharing is whether a caller keeps a view that everybody sees.
func sharing(who caller, c inbox.Conversation) int {
	switch status := may(inbox.KeepAccount, 200)(who, c); {
	case status == 200 && !who.may(inbox.ShareViews):
		return http.StatusUnprocessableEntity
	default:
		return status
	}
}
