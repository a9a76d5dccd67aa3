package api_test

import (
	"net/http"

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
	{"putPassword", may(inbox.KeepAccount, 204), put("/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)},

	{"getDirectory", may(inbox.SeeDirectory, 200), get("/directory")},

	{"getViews", may(inbox.SeeConversation, 200), get("/views")},
	{"listConversations", may(inbox.SeeConversation, 200), get("/conversations?view=open")},
	{"listConversations", forDepartment(inbox.SeeConversation, 200, 404), get("/conversations?view=open&department=so-y-te")},
	{"listConversations", whole(inbox.SeeConversation, 200, 422), get("/conversations?view=channel&channel=zalo-1022")},
	{"searchMessages", may(inbox.SeeConversation, 200), get("/search?q=b%C3%AD%20m%E1%BA%ADt")},
	{"getConversation", with(inbox.SeeConversation, 200), get("/conversations/{id}")},
	{"listMessages", with(inbox.SeeConversation, 200), get("/conversations/{id}/messages")},
	{"downloadAttachment", with(inbox.SeeConversation, 200), get("/conversations/{id}/attachments/{file}")},
	{"listSuggestions", with(inbox.SeeConversation, 200), get("/conversations/{id}/suggestions")},
	{"putRead", with(inbox.SeeConversation, 200), put("/conversations/{id}/read", `{"seq":1}`)},
	{"takeConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/take", "")},
	{"assignConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/assign", `{"member":""}`)},
	{"transferConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/transfer", `{"department":"so-xay-dung","note":"nhờ giúp"}`)},
	{"putCategory", with(inbox.AnswerConversation, 200), put("/conversations/{id}/category", `{"category":"y-te"}`)},
	{"putUrgent", with(inbox.AnswerConversation, 200), put("/conversations/{id}/urgent", `{"urgent":true}`)},
	{"resolveConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/resolve", "")},
	{"reopenConversation", with(inbox.AnswerConversation, 200), post("/conversations/{id}/reopen", "")},
	{"postReply", with(inbox.AnswerConversation, 200), post("/conversations/{id}/replies", `{"text":"Dạ","key":"k1"}`)},
	{"postNote", with(inbox.NoteConversation, 200), post("/conversations/{id}/notes", `{"text":"ghi chú","key":"k2"}`)},
	{"retryDelivery", with(inbox.AnswerConversation, 200), post("/messages/{stuck}/retry", "")},
	{"uploadAttachment", may(inbox.AnswerConversation, 200), upload("/attachments")},

	{"listStuck", may(inbox.SeeStuck, 200), get("/stuck")},
	{"listQuarantine", may(inbox.SettleQuarantine, 200), get("/quarantine")},
	{"settleQuarantine", may(inbox.SettleQuarantine, 204), post("/quarantine/{raw}/dismiss", "")},
	{"settleQuarantine", may(inbox.SettleQuarantine, 204), post("/quarantine/{raw}/replay", "")},

	{"listChannels", may(inbox.SeeChannels, 200), get("/channels")},
	{"connectChannel", may(inbox.ConnectChannels, 200), post("/channels/oa/connect", "")},
	{"connectChannel", may(inbox.ConnectChannels, 409), post("/channels/zalo-1022/connect", "")},
	{"connectChannel", may(inbox.ConnectChannels, 404), post("/channels/none/connect", "")},
	{"reconcileChannel", may(inbox.ReconcileChannels, 409), post("/channels/oa/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"reconcileChannel", may(inbox.ReconcileChannels, 404), post("/channels/none/reconcile", `{"since":"2026-11-20T00:00:00Z"}`)},
	{"testChannel", may(inbox.TestChannels, 404), post("/channels/oa/test", `{"by":"conversation","id":"none"}`)},
	{"testChannel", may(inbox.TestChannels, 404), post("/channels/none/test", `{"by":"user","id":"u1"}`)},

	{"listAudit", may(inbox.SeeAudit, 200), get("/audit")},
	{"listAudit", with(inbox.SeeConversation, 200), get("/audit?conversation={id}")},

	{"searchKnowledge", may(inbox.SeeKnowledge, 200), get("/knowledge/search?q=tiem")},
	{"listEntries", may(inbox.SeeKnowledge, 200), get("/knowledge/entries")},
	{"getEntry", may(inbox.SeeKnowledge, 404), get("/knowledge/entries/none")},
	{"exportKnowledge", may(inbox.SeeKnowledge, 200), get("/knowledge/export?department=so-y-te")},
	{"previewImport", may(inbox.ImportKnowledge, 200), upload("/knowledge/imports/preview")},
	{"applyImport", may(inbox.ImportKnowledge, 200), upload("/knowledge/imports", "revision", "0")},
	{"getLastImport", may(inbox.ImportKnowledge, 200), get("/knowledge/imports/last")},
	{"undoImport", may(inbox.ImportKnowledge, 404), post("/knowledge/imports/none/undo", `{"rest":false}`)},

	{"followEvents", may(inbox.SeeConversation, 200), get("/events")},
}

func remove(path string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodDelete, m.fill(path), "")
	}
}
