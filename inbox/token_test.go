package inbox_test

import (
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

func TestATokenActsWithinItsScopeAndItsMaker(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		chief := r.add("chief", inbox.Admin)
		by := inbox.Actor{Member: chief, Address: "10.0.0.1"}
		health, works := r.handedTo("a", "so-y-te"), r.handedTo("b", "so-xay-dung")
		ends := r.store.Now().Add(48 * time.Hour)
		made, secret, err := r.hub.MakeToken(r.ctx(), by, inbox.NewToken{
			Name: "Cổng dịch vụ công", Scope: []inbox.Operation{inbox.SeeConversation, inbox.NoteConversation, inbox.SeeStuck},
			Departments: []kb.DepartmentID{"so-y-te"}, Ends: ends,
		})
		if err != nil {
			r.Fatal(err)
		}
		r.read(func(tx inbox.Reader) error {
			kept, err := inbox.Tokens.Get(tx, made.ID)
			if strings.Contains(secret, kept.Value.Hash) || kept.Value.By != chief.ID {
				r.Errorf("kept is %+v", kept)
			}
			return err
		})
		actor := must[inbox.Actor](r)(r.hub.AuthenticateToken(r.ctx(), secret))
		actor = actor.From("10.0.0.7")
		if _, err := r.hub.Look(r.ctx(), actor, health.ID); err != nil {
			r.Errorf("Look = %v", err)
		}
		_, err = r.hub.Look(r.ctx(), actor, works.ID)
		wantError(t, "another department's", err, inbox.ErrNotFound)
		_, err = r.hub.Take(r.ctx(), actor, health.ID)
		wantError(t, "beyond its scope", err, inbox.ErrForbidden)
		_, err = r.hub.Stuck(r.ctx(), actor)
		wantError(t, "beyond what staff of its departments may", err, inbox.ErrForbidden)
		_, _, err = r.hub.MakeToken(r.ctx(), actor, inbox.NewToken{Name: "x", Scope: []inbox.Operation{inbox.SeeStuck}, Ends: ends})
		wantError(t, "a token that makes tokens", err, inbox.ErrForbidden)
		must[inbox.Message](r)(r.hub.AddNote(r.ctx(), actor, health.ID, "từ cổng", "k"))
		rows := r.audits(inbox.AuditQuery{Conversation: health.ID, Limit: 2})
		for _, row := range rows[:2] {
			if row.Member != chief.ID || !strings.Contains(row.Address, "10.0.0.7") || !strings.Contains(row.Address, "Cổng dịch vụ công") {
				r.Errorf("on record is %+v", row)
			}
		}
		// The maker's own look is another than the token's of just before.
		if _, err := r.hub.Look(r.ctx(), by, health.ID); err != nil {
			r.Error(err)
		}
		if rows := r.audits(inbox.AuditQuery{Conversation: health.ID, Limit: 1}); rows[0].Action != inbox.Looked || rows[0].Address != "10.0.0.1" {
			r.Errorf("on record is %+v", rows)
		}
		if list := must[[]inbox.Kept[inbox.Token]](r)(r.hub.TokenList(r.ctx(), by)); len(list) != 1 || list[0].Value.UsedOn == "" {
			r.Errorf("listed is %+v", list)
		}

		// Who made it loses rights: so does it.
		r.add("second", inbox.Admin)
		viewer := as(chief)
		viewer.Role = inbox.Viewer
		must[inbox.Member](r)(r.hub.ChangeMember(r.ctx(), root, chief.ID, viewer))
		actor = must[inbox.Actor](r)(r.hub.AuthenticateToken(r.ctx(), secret))
		_, err = r.hub.AddNote(r.ctx(), actor, health.ID, "nữa", "k2")
		wantError(t, "what its maker may not do any more", err, inbox.ErrForbidden)

		for _, wrong := range []string{"", "tongdai_", "tongdai_" + made.ID, "tongdai_" + made.ID + "_", secret + "x", strings.TrimPrefix(secret, "tongdai_")} {
			_, err := r.hub.AuthenticateToken(r.ctx(), wrong)
			wantError(t, "AuthenticateToken("+wrong+")", err, inbox.ErrNotFound)
		}
		r.pass(49 * time.Hour)
		_, err = r.hub.AuthenticateToken(r.ctx(), secret)
		wantError(t, "after its end", err, inbox.ErrNotFound)
	})
}

func TestARevokedTokenIsRefusedAtOnce(t *testing.T) {
	idle(t, func(r *rig) {
		by := inbox.Actor{Member: r.add("chief", inbox.Admin)}
		made, secret, err := r.hub.MakeToken(r.ctx(), by, inbox.NewToken{Name: "Một", Scope: []inbox.Operation{inbox.SeeKnowledge}, Ends: r.store.Now().Add(time.Hour)})
		if err != nil {
			r.Fatal(err)
		}
		must[inbox.Actor](r)(r.hub.AuthenticateToken(r.ctx(), secret))
		for range 2 { // revoking twice is no error, and one row
			if err := r.hub.RevokeToken(r.ctx(), by, made.ID); err != nil {
				r.Error(err)
			}
		}
		_, err = r.hub.AuthenticateToken(r.ctx(), secret)
		wantError(t, "a revoked token", err, inbox.ErrNotFound)
		wantError(t, "an unknown token", r.hub.RevokeToken(r.ctx(), by, "none"), inbox.ErrNotFound)
		rows := r.audits(inbox.AuditQuery{Member: by.Member.ID})
		if len(rows) != 2 || rows[0].Action != inbox.TokenRevoked || rows[1].Action != inbox.TokenMade || rows[0].Target != "Một" {
			r.Errorf("on record is %+v", rows)
		}
	})
}

func TestTokensAreRefusedWithReasons(t *testing.T) {
	idle(t, func(r *rig) {
		by := inbox.Actor{Member: r.add("chief", inbox.Admin)}
		good := inbox.NewToken{Name: "Tốt", Scope: []inbox.Operation{inbox.SeeKnowledge}, Ends: r.store.Now().Add(time.Hour)}
		for field, edit := range map[string]func(n *inbox.NewToken){
			"name":        func(n *inbox.NewToken) { n.Name = " " },
			"scope":       func(n *inbox.NewToken) { n.Scope = nil },
			"departments": func(n *inbox.NewToken) { n.Departments = []kb.DepartmentID{"none"} },
			"ends":        func(n *inbox.NewToken) { n.Ends = r.store.Now().Add(2 * 366 * 24 * time.Hour) },
		} {
			n := good
			edit(&n)
			_, _, err := r.hub.MakeToken(r.ctx(), by, n)
			wantInvalid(t, "a token with a wrong "+field, err, field)
		}
		for _, op := range []inbox.Operation{inbox.KeepAccount, "none"} {
			n := good
			n.Scope = []inbox.Operation{op}
			_, _, err := r.hub.MakeToken(r.ctx(), by, n)
			wantInvalid(t, "a token for "+string(op), err, "scope")
		}
	})
}
