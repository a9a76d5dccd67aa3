package inbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// A second factor is a code of six digits that an app on the member's phone shows,
// another one every 30 seconds (RFC 6238), asked for after the password. Each code
// counts once. Whoever has lost the phone uses one of ten recovery codes, each once
// as well, or is given up to log in without by an administrator. A new password
// leaves the second factor as it is.

// SecondFactor is what is known of a member's. Its seed is a secret of the
// installation's vault, named by factorSecret.
type SecondFactor struct {
	Since    time.Time `json:"since,omitzero"` // zero: it is being set up, and asked for nowhere
	Step     int64     `json:"step,omitempty"` // of the last code that counted
	Recovery []string  `json:"rec,omitempty"`  // SHA-256 of the recovery codes that are left
}

// SecondFactors are kept under members' ids.
const SecondFactors Shelf[SecondFactor] = "factor"

// factorSecret is the name of a member's seed in the vault.
func factorSecret(id MemberID) string { return "second factor/" + string(id) }

const (
	seedSize      = 20 // bytes: RFC 4226, section 4, R6
	factorPeriod  = 30 // seconds
	recoveryCodes = 10
	// recoverySize makes a recovery code as good as a key, so that a plain hash hides
	// it (ASVS 5.0.0, 6.5.2: 112 bits or more).
	recoverySize = 15 // bytes
)

// ErrSecondFactor: the password is right, and the code is still to come.
var ErrSecondFactor = errors.New("cần mã xác thực của bước thứ hai")

// ErrCode: the code is wrong, or has been used.
var ErrCode = errors.New("mã xác thực không đúng hoặc đã dùng")

// FactorPolicy says who must have a second factor; everybody may.
type FactorPolicy string

// The policies.
const (
	FactorOffered  FactorPolicy = ""         // nobody must
	FactorAdmins   FactorPolicy = "admins"   // administrators must
	FactorEveryone FactorPolicy = "everyone" // everybody must
)

// requires reports whether a role must have a second factor.
func (p FactorPolicy) requires(r Role) bool {
	return p == FactorEveryone || p == FactorAdmins && r == Admin
}

// DemandsFactor reports whether the installation demands a second factor of a member.
func (h *Hub) DemandsFactor(m Member) bool { return h.vault != nil && h.cfg.Factor.requires(m.Role) }

// HasFactor tells whether a member has a second factor, and whether the member must
// set one up before anything else.
func (h *Hub) HasFactor(ctx context.Context, m Member) (has, owed bool, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := factorOf(tx, m.ID)
		has = kept.Value.asked()
		return err
	})
	return has, !has && h.DemandsFactor(m), err
}

// factorOf reads a member's second factor; an empty one when there is none.
func factorOf(tx Reader, id MemberID) (Kept[SecondFactor], error) {
	kept, err := SecondFactors.Get(tx, string(id))
	if errors.Is(err, ErrNotFound) {
		return Kept[SecondFactor]{ID: string(id)}, nil
	}
	return kept, err
}

func (f SecondFactor) asked() bool { return !f.Since.IsZero() }

// FactorSetup is what an app needs to show codes. It is shown once.
type FactorSetup struct {
	Seed string   // base32, for whoever types it
	URL  string   // otpauth://
	QR   []string // the URL as a code to photograph: rows of '1', dark, and '0'
}

// BeginFactor makes a new seed for a member who has no second factor yet. It counts
// for nothing until ConfirmFactor.
func (h *Hub) BeginFactor(ctx context.Context, by Actor) (FactorSetup, error) {
	if by.grant != nil || !by.May(KeepAccount) {
		return FactorSetup{}, ErrForbidden
	}
	if h.vault == nil {
		return FactorSetup{}, conflict("Hệ thống chưa bật xác thực hai bước.")
	}
	if has, _, err := h.HasFactor(ctx, by.Member); err != nil || has {
		return FactorSetup{}, cmp.Or(err, conflict("Tài khoản đã có xác thực hai bước; hãy tắt rồi cài lại nếu đổi điện thoại."))
	}
	seed := make([]byte, seedSize)
	rand.Read(seed) // never fails
	if err := h.keepSeed(ctx, by.Member.ID, seed); err != nil {
		return FactorSetup{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: cmp.Or(h.cfg.Organisation, "Tổng đài"), AccountName: by.Member.Login, Secret: seed, Period: factorPeriod,
	})
	if err != nil {
		return FactorSetup{}, err
	}
	rows, err := squares(key.URL())
	return FactorSetup{Seed: key.Secret(), URL: key.URL(), QR: rows}, err
}

// keepSeed writes over whatever seed there was.
func (h *Hub) keepSeed(ctx context.Context, id MemberID, seed []byte) error {
	kept, err := h.vault.Load(ctx, factorSecret(id))
	if err != nil && !errors.Is(err, ErrSealed) {
		return err
	}
	_, err = h.vault.Save(ctx, factorSecret(id), seed, kept.Version)
	return err
}

// squares draws a text as a QR code.
func squares(text string) ([]string, error) {
	code, err := qr.Encode(text, qr.L, qr.Auto) // a screen is not creased: the fewer squares, the sooner it is read
	if err != nil {
		return nil, err
	}
	var rows []string
	for y := range code.Bounds().Dy() {
		row := make([]byte, code.Bounds().Dx())
		for x := range row {
			row[x] = '0'
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				row[x] = '1'
			}
		}
		rows = append(rows, string(row))
	}
	return rows, nil
}

// ConfirmFactor turns a member's second factor on with the first code that the app
// shows, ends the other sessions, and returns the recovery codes, which are shown once.
func (h *Hub) ConfirmFactor(ctx context.Context, by Actor, keep, code string) ([]string, error) {
	if by.grant != nil || !by.May(KeepAccount) {
		return nil, ErrForbidden
	}
	step, err := h.stepOf(ctx, by.Member.ID, code)
	if errors.Is(err, ErrCode) {
		return nil, Invalid{{"code", "Mã không đúng; hãy nhập sáu chữ số ứng dụng đang hiện, và xem lại giờ trên điện thoại."}}
	}
	if err != nil {
		return nil, err
	}
	codes, hashes := newRecoveryCodes()
	return codes, h.store.Update(ctx, func(tx Writer) error {
		kept, err := factorOf(tx, by.Member.ID)
		if err != nil {
			return err
		}
		if kept.Value.asked() {
			return conflict("Tài khoản đã có xác thực hai bước.")
		}
		kept.Value = SecondFactor{Since: h.store.Now(), Step: step, Recovery: hashes}
		if _, err := SecondFactors.Put(tx, kept); err != nil {
			return err
		}
		return errors.Join(endSessions(tx, by.Member.ID, tokenHash(keep)), h.auditMember(tx, by, FactorSet, by.Member.Login))
	})
}

// RenewRecovery gives a member new recovery codes; the old ones end.
func (h *Hub) RenewRecovery(ctx context.Context, by Actor) ([]string, error) {
	if by.grant != nil || !by.May(KeepAccount) {
		return nil, ErrForbidden
	}
	codes, hashes := newRecoveryCodes()
	return codes, h.store.Update(ctx, func(tx Writer) error {
		kept, err := factorOf(tx, by.Member.ID)
		if err != nil {
			return err
		}
		if !kept.Value.asked() {
			return conflict("Tài khoản chưa có xác thực hai bước.")
		}
		kept.Value.Recovery = hashes
		if _, err := SecondFactors.Put(tx, kept); err != nil {
			return err
		}
		return h.auditMember(tx, by, CodesRenewed, by.Member.Login)
	})
}

// DropFactor turns a member's second factor off: one's own, unless the policy
// demands it, or as an administrator another's who has lost the phone, whose
// sessions end.
func (h *Hub) DropFactor(ctx context.Context, by Actor, of MemberID) error {
	own := of == by.Member.ID && !by.console
	if own && (by.grant != nil || !by.May(KeepAccount)) || !own && !by.May(ManageMembers) {
		return ErrForbidden
	}
	err := h.store.Update(ctx, func(tx Writer) error {
		m, err := tx.Member(of)
		if err != nil {
			return err
		}
		if own && h.cfg.Factor.requires(m.Role) {
			return conflict("Tài khoản này phải có xác thực hai bước. Đổi điện thoại: nhờ quản trị viên khác đặt lại.")
		}
		kept, err := factorOf(tx, of)
		if err != nil {
			return err
		}
		if !kept.Value.asked() {
			return conflict("Tài khoản chưa có xác thực hai bước.")
		}
		if err := SecondFactors.Delete(tx, string(of)); err != nil {
			return err
		}
		if !own {
			err = endSessions(tx, of, "")
		}
		return errors.Join(err, h.auditMember(tx, by, FactorDropped, m.Login))
	})
	if err != nil || h.vault == nil {
		return err
	}
	return h.keepSeed(ctx, of, nil)
}

// pass checks the code of a member who has given the right password. The first
// thing it returns makes the code count, which fails where it has counted already.
func (h *Hub) pass(ctx context.Context, id MemberID, code string) (count func(Writer) error, err error) {
	var kept Kept[SecondFactor]
	err = h.store.View(ctx, func(tx Reader) (err error) {
		kept, err = factorOf(tx, id)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !kept.Value.asked():
		return func(tx Writer) error { // nor has one been set up in the meantime
			now, err := factorOf(tx, id)
			if err == nil && now.Value.asked() {
				err = ErrSecondFactor
			}
			return err
		}, nil
	case strings.TrimSpace(code) == "":
		return nil, ErrSecondFactor
	}
	if hash := recoveryHash(code); slices.Contains(kept.Value.Recovery, hash) {
		return h.counting(id, func(f *SecondFactor) bool {
			i := slices.Index(f.Recovery, hash)
			if i >= 0 {
				f.Recovery = slices.Delete(f.Recovery, i, i+1)
			}
			return i >= 0
		}), nil
	}
	step, err := h.stepOf(ctx, id, code)
	if err != nil {
		return nil, err
	}
	return h.counting(id, func(f *SecondFactor) bool {
		fresh := step > f.Step
		f.Step = step
		return fresh
	}), nil
}

// counting uses a code up within the transaction of the login.
func (h *Hub) counting(id MemberID, use func(*SecondFactor) bool) func(Writer) error {
	return func(tx Writer) error {
		kept, err := factorOf(tx, id)
		if err != nil {
			return err
		}
		if !kept.Value.asked() || !use(&kept.Value) {
			return ErrCode
		}
		_, err = SecondFactors.Put(tx, kept)
		return err
	}
}

// stepOf finds the step of time that a code belongs to: the present one, or one
// before or after, for phones whose clock is a little off.
func (h *Hub) stepOf(ctx context.Context, id MemberID, code string) (int64, error) {
	if h.vault == nil {
		return 0, ErrCode
	}
	seed, err := h.vault.Load(ctx, factorSecret(id))
	if err != nil {
		return 0, fmt.Errorf("second factor of %s: %w", id, err)
	}
	code = strings.Join(strings.Fields(code), "")
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed.Value)
	now, found := h.store.Now(), int64(0)
	for _, off := range []int64{-1, 0, 1} {
		at := now.Add(time.Duration(off) * factorPeriod * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: factorPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = at.Unix() / factorPeriod
		}
	}
	if len(seed.Value) == 0 || found == 0 {
		return 0, ErrCode
	}
	return found, nil
}

// newRecoveryCodes makes codes as people read them, and what is kept of them.
func newRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		var raw [recoverySize]byte
		rand.Read(raw[:])
		text := base32.StdEncoding.EncodeToString(raw[:])
		var groups []string
		for part := range slices.Chunk([]byte(text), 4) {
			groups = append(groups, string(part))
		}
		code := strings.Join(groups, "-")
		codes, hashes = append(codes, code), append(hashes, recoveryHash(code))
	}
	return codes, hashes
}

// recoveryHash is of a code however it was typed.
func recoveryHash(code string) string {
	return tokenHash(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(code))))
}
