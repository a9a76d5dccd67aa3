package inbox_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tongdai/connectors"
	"tongdai/inbox"
)

// withFactors goes on with a hub that keeps seeds, under a policy.
func (r *rig) withFactors(policy inbox.FactorPolicy) *inbox.Vault {
	r.Helper()
	vault, err := inbox.NewVault(r.store, inbox.VaultKey{Number: 1, Key: []byte(strings.Repeat("k", inbox.VaultKeySize))})
	if err != nil {
		r.Fatal(err)
	}
	r.hub, err = inbox.New(inbox.Parts{
		Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names, Connectors: []connectors.Connector{r.chat}, Vault: vault,
		Log: slog.New(slog.DiscardHandler),
	}, inbox.Config{Factor: policy})
	if err != nil {
		r.Fatal(err)
	}
	return vault
}

func (r *rig) loginWith(login, code string) (string, error) {
	_, token, err := r.hub.Login(r.ctx(), inbox.Credentials{Login: login, Password: right, Code: code}, "10.0.0.9", "a browser")
	return token, err
}

// factor sets a second factor up, and returns its seed and recovery codes.
func (r *rig) factor(m inbox.Member) (seed string, recovery []string) {
	r.Helper()
	setup := must[inbox.FactorSetup](r)(r.hub.BeginFactor(r.ctx(), inbox.Actor{Member: m}))
	if len(setup.QR) < 21 || len(setup.QR[0]) != len(setup.QR) || !strings.HasPrefix(setup.URL, "otpauth://totp/") {
		r.Errorf("the setup is %+v", setup)
	}
	return setup.Seed, must[[]string](r)(r.hub.ConfirmFactor(r.ctx(), inbox.Actor{Member: m}, "", code(r, setup.Seed, time.Now())))
}

func code(r *rig, seed string, at time.Time) string {
	r.Helper()
	return must[string](r)(totp.GenerateCode(seed, at))
}

func TestASecondFactorIsAskedForOnceItIsConfirmed(t *testing.T) {
	idle(t, func(r *rig) {
		vault := r.withFactors("")
		m := r.add("lan", inbox.Operator)
		setup := must[inbox.FactorSetup](r)(r.hub.BeginFactor(r.ctx(), inbox.Actor{Member: m}))
		if _, err := r.loginWith("lan", ""); err != nil {
			r.Errorf("a seed that nobody confirmed is asked for: %v", err)
		}
		_, err := r.hub.ConfirmFactor(r.ctx(), inbox.Actor{Member: m}, "", "000000")
		wantInvalid(t, "a wrong first code", err, "code")
		other, _ := r.loginWith("lan", "")
		must[[]string](r)(r.hub.ConfirmFactor(r.ctx(), inbox.Actor{Member: m}, "", code(r, setup.Seed, time.Now())))
		_, err = r.hub.Authenticate(r.ctx(), other, true)
		wantError(t, "another session", err, inbox.ErrNotFound)

		_, err = r.loginWith("lan", "")
		wantError(t, "the password alone", err, inbox.ErrSecondFactor)
		_, err = r.loginWith("lan", code(r, setup.Seed, time.Now()))
		wantError(t, "the code that confirmed it", err, inbox.ErrCode)
		r.pass(time.Minute)
		now := code(r, setup.Seed, time.Now())
		if _, err := r.loginWith("lan", " "+now[:3]+" "+now[3:]); err != nil {
			r.Errorf("a fresh code: %v", err)
		}
		_, err = r.loginWith("lan", now)
		wantError(t, "the same code again", err, inbox.ErrCode)
		_, err = r.loginWith("lan", code(r, setup.Seed, time.Now().Add(-30*time.Second)))
		wantError(t, "a code from before the last one", err, inbox.ErrCode)
		if _, err := r.loginWith("lan", code(r, setup.Seed, time.Now().Add(30*time.Second))); err != nil {
			r.Errorf("a phone that is half a minute ahead: %v", err)
		}
		_, err = r.hub.BeginFactor(r.ctx(), inbox.Actor{Member: m})
		wantError(t, "a second one", err, inbox.ErrConflict)
		r.read(func(tx inbox.Reader) error {
			kept, err := tx.Secret("second factor/" + string(m.ID))
			if opened, _ := vault.Load(r.ctx(), kept.Name); len(opened.Value) == 0 || strings.Contains(string(kept.Sealed), string(opened.Value)) {
				r.Error("the seed is kept in the open")
			}
			return err
		})
	})
}

func TestCodesAreGuessedNoMoreThanPasswords(t *testing.T) {
	idle(t, func(r *rig) {
		r.withFactors("")
		seed, _ := r.factor(r.add("lan", inbox.Operator))
		r.pass(time.Minute)
		refused := 0
		for range 12 {
			if _, err := r.loginWith("lan", "000000"); errors.Is(err, inbox.ErrCode) {
				refused++
			}
		}
		if refused != 10 {
			r.Errorf("%d codes were tried", refused)
		}
		_, err := r.loginWith("lan", code(r, seed, time.Now()))
		wantError(t, "the right code of a locked account", err, inbox.ErrLocked)
	})
}

func TestARecoveryCodeLogsInOnce(t *testing.T) {
	idle(t, func(r *rig) {
		r.withFactors("")
		m := r.add("lan", inbox.Operator)
		_, codes := r.factor(m)
		if len(codes) != 10 {
			r.Fatalf("there are %d codes", len(codes))
		}
		if _, err := r.loginWith("lan", strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))); err != nil {
			r.Errorf("a recovery code, typed otherwise: %v", err)
		}
		_, err := r.loginWith("lan", codes[3])
		wantError(t, "the same again", err, inbox.ErrCode)
		r.read(func(tx inbox.Reader) error {
			kept, err := inbox.SecondFactors.Get(tx, string(m.ID))
			if len(kept.Value.Recovery) != 9 || strings.Contains(strings.Join(kept.Value.Recovery, " "), codes[0]) {
				r.Errorf("kept are %q", kept.Value.Recovery)
			}
			return err
		})
		must[[]string](r)(r.hub.RenewRecovery(r.ctx(), inbox.Actor{Member: m}))
		_, err = r.loginWith("lan", codes[4])
		wantError(t, "an old code after new ones were made", err, inbox.ErrCode)
	})
}

func TestAnAdministratorFreesWhoHasLostThePhone(t *testing.T) {
	idle(t, func(r *rig) {
		r.withFactors(inbox.FactorAdmins)
		lan, root := r.add("lan", inbox.Operator), r.add("root", inbox.Admin)
		if has, owed, err := r.hub.HasFactor(r.ctx(), root); err != nil || has || !owed {
			r.Errorf("the administrator: %v, %v, %v", has, owed, err)
		}
		_, lanCodes := r.factor(lan)
		r.factor(root)
		wantError(t, "an administrator's own", r.hub.DropFactor(r.ctx(), inbox.Actor{Member: root}, root.ID), inbox.ErrConflict)
		wantError(t, "another's, by an operator", r.hub.DropFactor(r.ctx(), inbox.Actor{Member: lan}, root.ID), inbox.ErrForbidden)
		token, err := r.loginWith("lan", lanCodes[0])
		if err != nil {
			r.Fatal(err)
		}
		if err := r.hub.DropFactor(r.ctx(), inbox.Actor{Member: root}, lan.ID); err != nil {
			r.Fatal(err)
		}
		_, err = r.hub.Authenticate(r.ctx(), token, true)
		wantError(t, "a session of before", err, inbox.ErrNotFound)
		if _, err := r.loginWith("lan", ""); err != nil {
			r.Errorf("without the phone: %v", err)
		}
		// A new password does not do away with it.
		if err := r.hub.ResetPassword(r.ctx(), inbox.Console, "root", right+" nữa"); err != nil {
			r.Fatal(err)
		}
		_, _, err = r.hub.Login(r.ctx(), inbox.Credentials{Login: "root", Password: right + " nữa"}, "", "")
		wantError(t, "a new password alone", err, inbox.ErrSecondFactor)
		if err := r.hub.DropFactor(r.ctx(), inbox.Console, root.ID); err != nil {
			r.Errorf("on the server's console: %v", err)
		}
	})
}

func TestMembersSeeAndEndTheirSessionsAndAdministratorsAnybodys(t *testing.T) {
	idle(t, func(r *rig) {
		m, root := r.add("lan", inbox.Operator), r.add("root", inbox.Admin)
		first, _ := r.login("lan", right)
		r.pass(2 * time.Minute)
		second, _ := r.login("lan", right)
		lan, boss := inbox.Actor{Member: m}, inbox.Actor{Member: root}
		all := must[[]inbox.SessionSeen](r)(r.hub.Sessions(r.ctx(), lan, m.ID, second))
		if len(all) != 2 || !all[0].Current || all[1].Current || all[0].Agent != "a browser" || strings.Contains(second, all[0].ID) {
			r.Fatalf("the sessions are %+v", all)
		}
		if err := r.hub.EndSession(r.ctx(), lan, m.ID, all[1].ID); err != nil {
			r.Fatal(err)
		}
		_, err := r.hub.Authenticate(r.ctx(), first, true)
		wantError(t, "the ended one", err, inbox.ErrNotFound)
		wantError(t, "it again", r.hub.EndSession(r.ctx(), lan, m.ID, all[1].ID), inbox.ErrNotFound)
		third, _ := r.login("lan", right)
		if err := r.hub.EndSessions(r.ctx(), lan, m.ID, third); err != nil {
			r.Fatal(err)
		}
		if _, err := r.hub.Authenticate(r.ctx(), third, true); err != nil {
			r.Errorf("the one that asks was ended: %v", err)
		}
		_, err = r.hub.Sessions(r.ctx(), lan, root.ID, third)
		wantError(t, "another's, for an operator", err, inbox.ErrForbidden)
		if err := r.hub.EndSessions(r.ctx(), boss, m.ID, ""); err != nil {
			r.Fatal(err)
		}
		_, err = r.hub.Authenticate(r.ctx(), third, true)
		wantError(t, "ended by an administrator", err, inbox.ErrNotFound)
	})
}

func TestAPasswordIsFreshForTenMinutes(t *testing.T) {
	idle(t, func(r *rig) {
		m := r.add("lan", inbox.Operator)
		token, _ := r.login("lan", right)
		lately := func() bool { return must[bool](r)(r.hub.ProvedLately(r.ctx(), token)) }
		if !lately() {
			r.Error("the login does not count")
		}
		r.pass(11 * time.Minute)
		if lately() {
			r.Error("it counts for more than ten minutes")
		}
		wantInvalid(t, "a wrong password", r.hub.Prove(r.ctx(), inbox.Actor{Member: m}, token, wrong), "password")
		if err := r.hub.Prove(r.ctx(), inbox.Actor{Member: m}, token, right); err != nil || !lately() {
			r.Errorf("the right one: %v", err)
		}
		for range 10 {
			_ = r.hub.Prove(r.ctx(), inbox.Actor{Member: m}, token, wrong)
		}
		wantError(t, "an eleventh guess", r.hub.Prove(r.ctx(), inbox.Actor{Member: m}, token, right), inbox.ErrLocked)
	})
}
