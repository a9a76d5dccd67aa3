package zalo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongdai/connectors"
)

// pair is what a consent, or a refresh, gives.
type pair struct {
	Access, Refresh         string
	Made                    time.Time
	AccessEnds, RefreshEnds time.Time
}

// record is what the Vault keeps for an OA.
type record struct {
	Pair pair
	// Attempt is a refresh that was begun and whose outcome is not on record: it
	// is under way, or somebody died over it, or its answer was lost. Its token
	// may be spent.
	Attempt *attempt
	// Lost is why Pair cannot be renewed any more, in words for the
	// administrator who has to consent again. Empty: it can.
	Lost string
}

type attempt struct {
	At     time.Time // of the last call
	Holder string
	Calls  int
}

const (
	// patience is how long a refresh of another holder is waited for, and how
	// long after a call with an unknown outcome there may be a second one. No
	// holder lives that long after its call: see keeper.hold.
	patience = time.Minute
	// glance is the pause between looks at what another holder does.
	glance = 25 * time.Millisecond
	// saving is how long a new pair is tried to be kept before the attempt is
	// given up; it stays in memory and is tried again with the next call.
	saving = 20 * time.Second
	// intentMost is how long writing down an attempt may take. A call later than
	// that might still be under way when others may make the second one.
	intentMost = 5 * time.Second
	// fresh is how young a pair is that a refusal does not spend: it would be
	// refused again.
	fresh = time.Minute
	// softPause is between refreshes that failed while the access token is good.
	softPause = time.Minute
)

// keeper keeps the tokens of one OA: it alone reads and writes them in the Vault.
type keeper struct {
	vault    connectors.Vault
	name     string
	holder   string
	cfg      Config
	now      func() time.Time
	log      *slog.Logger
	exchange func(ctx context.Context, grant grant) (pair, error)
	saving   time.Duration // see the constant
	turn     chan struct{} // one of this process at a time renews

	mu      sync.Mutex
	known   pair      // as last seen in the Vault; may be stale
	unsaved *bought   // what Zalo gave and the Vault did not take
	soft    time.Time // no refresh before, while the access token serves
	alarmed time.Time // the Attempt that was last told of
}

// bought is a new pair and the refresh token that was spent for it.
type bought struct {
	pair
	with string
}

// access returns an access token that was good when last looked at. One that
// ends soon is replaced on the way; while that fails the old one still serves.
func (k *keeper) access(ctx context.Context) (string, error) {
	p, soft := k.remembered()
	if p.Access == "" {
		r, _, err := k.load(ctx)
		if err != nil {
			return "", err
		}
		p = r.Pair
	}
	now := k.now()
	switch left := p.AccessEnds.Sub(now); {
	case p.Access != "" && left > k.cfg.RefreshAhead:
		return p.Access, nil
	case p.Access != "" && left > 0:
		if now.Before(soft) {
			return p.Access, nil
		}
		k.mu.Lock()
		k.soft = now.Add(softPause)
		k.mu.Unlock()
		if renewed, err := k.renew(ctx, p.Access, false); err == nil {
			return renewed, nil
		}
		return p.Access, nil
	}
	return k.renew(ctx, p.Access, true)
}

func (k *keeper) remembered() (pair, time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known, k.soft
}

// refused returns another access token than spent, which Zalo did not take.
func (k *keeper) refused(ctx context.Context, spent string) (string, error) {
	return k.renew(ctx, spent, true)
}

// renew returns an access token that is not spent: what somebody else has
// fetched meanwhile, or a new one. needed tells that spent serves no longer; if
// it still does, nobody is waited for and a refresh in doubt is left alone.
func (k *keeper) renew(ctx context.Context, spent string, needed bool) (string, error) {
	if err := k.takeTurn(ctx, needed); err != nil {
		return "", err
	}
	defer func() { <-k.turn }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		r, version, err := k.load(ctx)
		if err != nil {
			return "", err
		}
		if done, token, err := k.settled(r, spent, needed); done {
			return token, err
		}
		held, err := k.vault.Hold(ctx, k.name, k.holder, k.hold())
		if err != nil {
			return "", fmt.Errorf("hold the tokens of the OA: %w", err)
		}
		if held {
			token, again, err := k.refresh(ctx, version, spent, needed)
			k.release()
			if !again {
				return token, err
			}
		}
		if !held && !needed {
			return "", errBusy
		}
		if err := wait(ctx, glance); err != nil {
			return "", fmt.Errorf("%w: %w", errBusy, err)
		}
	}
}

func (k *keeper) takeTurn(ctx context.Context, needed bool) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	default:
	}
	if !needed {
		return errBusy
	}
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
}

// hold is longer than anything that is done under it.
func (k *keeper) hold() time.Duration { return k.cfg.Timeout + k.saving + 10*time.Second }

func (k *keeper) release() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := k.vault.Hold(ctx, k.name, k.holder, 0); err != nil {
		k.log.Warn("the hold on the OA's tokens was not given back; it lapses", "err", err)
	}
}

// settled tells what needs no refresh: there is another good pair already, or
// nothing that could be refreshed.
func (k *keeper) settled(r record, spent string, needed bool) (done bool, token string, err error) {
	now := k.now()
	k.tell(r.Attempt)
	switch {
	case r.Pair.Access != "" && r.Pair.Access != spent && now.Before(r.Pair.AccessEnds):
		return true, r.Pair.Access, nil
	case r.Lost != "":
		return true, "", unauthorized(r.Lost, errLost)
	case r.Pair.Refresh == "":
		return true, "", unauthorized("Kênh Zalo chưa được kết nối với Official Account. Hãy mở Quản trị → Kênh và bấm “Kết nối OA”.", errNoTokens)
	case !now.Before(r.Pair.RefreshEnds):
		return true, "", unauthorized("Quyền của tổng đài trên Official Account đã hết hạn. Hãy kết nối lại OA.", errLost)
	case r.Attempt != nil && !needed:
		return true, "", unauthorized(doubtWords, errDoubt)
	case r.Attempt == nil && now.Sub(r.Pair.Made) < fresh && now.Before(r.Pair.AccessEnds):
		return true, "", unauthorized("Zalo không nhận mã truy cập vừa cấp. Hãy kiểm tra ứng dụng và quyền của OA trên trang nhà phát triển.", errRefused)
	}
	return false, "", nil
}

// tell alarms, once, of a refresh whose holder did not live to end it.
func (k *keeper) tell(a *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a.inDoubt(k.now(), k.hold()) && !k.alarmed.Equal(a.At) {
		k.alarmed = a.At
		k.log.Error("a refresh of the OA's tokens was begun and never ended: they may be lost, and answers may have to wait for a new consent",
			"begun", a.At, "by", a.Holder)
	}
}

// inDoubt reports whether nobody can be at it any more.
func (a *attempt) inDoubt(now time.Time, hold time.Duration) bool {
	return a != nil && now.Sub(a.At) > hold
}

var (
	errSlow     = errors.New("writing down that the tokens are being renewed took too long")
	errBusy     = errors.New("another holder renews the tokens of the OA")
	errNoTokens = errors.New("no tokens: the OA's administrator has not consented yet")
	errLost     = errors.New("the tokens cannot be renewed: the OA's administrator must consent again")
	errDoubt    = errors.New("a refresh was begun and its outcome is not known")
	errRefused  = errors.New("a fresh access token was refused")
)

const twiceWords = "Không rõ Zalo đã gia hạn quyền hay chưa, sau hai lần hỏi."

const doubtWords = "Lần gia hạn quyền Zalo gần nhất bị gián đoạn nên chưa rõ kết quả; tổng đài sẽ thử lại một lần. Nếu vẫn báo lỗi, hãy kết nối lại OA."

// refresh spends the refresh token; the name is held. again: look at the record
// once more.
func (k *keeper) refresh(ctx context.Context, version uint64, spent string, needed bool) (token string, again bool, err error) {
	r, now, err := k.load(ctx)
	if err != nil {
		return "", false, err
	}
	if now != version {
		return "", true, nil
	}
	if done, token, err := k.settled(r, spent, needed); done {
		return token, false, err
	}
	if b := k.takeUnsaved(r.Pair.Refresh); b != nil {
		return k.keep(ctx, *b, version)
	}
	if r.Attempt != nil {
		if k.now().Sub(r.Attempt.At) < patience {
			return "", false, unauthorized(doubtWords, errDoubt)
		}
		if r.Attempt.Calls >= 2 {
			return k.lose(ctx, r, version, twiceWords)
		}
	}
	return k.spend(ctx, r, version)
}

// spend writes down what is about to be done, does it, and keeps the result.
func (k *keeper) spend(ctx context.Context, r record, version uint64) (token string, again bool, err error) {
	calls := 1
	if r.Attempt != nil {
		calls = r.Attempt.Calls + 1
	}
	before := r.Attempt
	r.Attempt = &attempt{At: k.now(), Holder: k.holder, Calls: calls}
	version, err = k.save(ctx, r, version)
	if errors.Is(err, connectors.ErrStale) {
		return "", true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("write down that the tokens are being renewed: %w", err)
	}
	if k.now().Sub(r.Attempt.At) > intentMost {
		return "", false, k.withdraw(ctx, r, before, version, errSlow)
	}
	// From here on nobody's impatience may come between the call and its record.
	ctx = context.WithoutCancel(ctx)
	p, err := k.exchange(ctx, grant{refresh: r.Pair.Refresh})
	switch no, refused := errors.AsType[*refusedGrant](err); {
	case err == nil:
		return k.keep(ctx, bought{p, r.Pair.Refresh}, version)
	case errors.Is(err, errNotCalled):
		return "", false, k.withdraw(ctx, r, before, version, err)
	case refused:
		k.log.Error("Zalo refused to renew the OA's tokens: an administrator must consent again",
			"code", no.Code, "name", no.Name)
		return k.lose(ctx, r, version, fmt.Sprintf("Zalo từ chối gia hạn quyền (mã %d).", no.Code))
	}
	k.log.Error("the outcome of renewing the OA's tokens is not known", "calls", calls, "err", err)
	if calls >= 2 {
		return k.lose(ctx, r, version, twiceWords)
	}
	return "", false, unauthorized(doubtWords, err)
}

// withdraw writes down that an attempt came to no call, and returns why.
func (k *keeper) withdraw(ctx context.Context, r record, before *attempt, version uint64, why error) error {
	r.Attempt = before
	if _, err := k.save(ctx, r, version); err != nil {
		k.log.Error("it could not be written down that Zalo was not called; the tokens count as in doubt", "err", err)
	}
	return why
}

// keep saves a new pair, and only then lets it be used.
func (k *keeper) keep(ctx context.Context, p bought, version uint64) (token string, again bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.saving)
	defer cancel()
	for {
		_, err = k.save(ctx, record{Pair: p.pair}, version)
		if err == nil {
			break
		}
		if r, newest, loadErr := k.load(ctx); loadErr == nil {
			if r.Pair.Refresh == p.Refresh {
				break // it was kept after all
			}
			if newest != version {
				k.log.Error("somebody replaced the OA's tokens while they were renewed; the newer record stays", "err", err)
				return "", true, nil
			}
		}
		if wait(ctx, glance) != nil {
			k.log.Error("the OA's new tokens could not be kept; if this program ends now, an administrator must consent again", "err", err)
			k.mu.Lock()
			k.unsaved = &p
			k.mu.Unlock()
			return "", false, fmt.Errorf("keep the new tokens of the OA: %w", err)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known, k.unsaved, k.soft = p.pair, nil, time.Time{}
	k.log.Info("the OA's tokens were renewed", "accessEnds", p.AccessEnds, "refreshEnds", p.RefreshEnds)
	return p.Access, false, nil
}

// takeUnsaved returns the pair that was bought with the refresh token that is
// still on record, if this process has one.
func (k *keeper) takeUnsaved(refresh string) *bought {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unsaved == nil || k.unsaved.with != refresh {
		return nil
	}
	return k.unsaved
}

// lose puts on record that only a new consent helps.
func (k *keeper) lose(ctx context.Context, r record, version uint64, why string) (string, bool, error) {
	r.Attempt, r.Lost = nil, why+" Tin của người dân vẫn nhận được, nhưng chưa trả lời được: hãy kết nối lại OA."
	if _, err := k.save(ctx, r, version); err != nil {
		k.log.Error("the loss of the OA's tokens could not be put on record", "err", err)
	}
	return "", false, unauthorized(r.Lost, errLost)
}

// granted replaces everything by the pair of a new consent.
func (k *keeper) granted(ctx context.Context, g grant) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		held, err := k.vault.Hold(ctx, k.name, k.holder, k.hold())
		if err != nil {
			return fmt.Errorf("hold the tokens of the OA: %w", err)
		}
		if held {
			break
		}
		if err := wait(ctx, glance); err != nil {
			return fmt.Errorf("%w: %w", errBusy, err)
		}
	}
	defer k.release()
	r, version, err := k.load(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // a browser that is closed must not lose what it brought
	p, err := k.exchange(ctx, g)
	if err != nil {
		return err
	}
	_, _, err = k.keep(ctx, bought{p, r.Pair.Refresh}, version)
	return err
}

// load reads the record; a channel never connected has the zero record.
func (k *keeper) load(ctx context.Context) (record, uint64, error) {
	var r record
	secret, err := k.vault.Load(ctx, k.name)
	if err != nil {
		return r, 0, fmt.Errorf("read the tokens of the OA: %w", err)
	}
	if secret.Version > 0 {
		if err := json.Unmarshal(secret.Value, &r); err != nil {
			return r, 0, fmt.Errorf("the tokens of the OA, version %d, cannot be read: %w", secret.Version, errors.New("malformed record"))
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = r.Pair
	return r, secret.Version, nil
}

func (k *keeper) save(ctx context.Context, r record, over uint64) (uint64, error) {
	value, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	return k.vault.Save(ctx, k.name, value, over)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func unauthorized(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Unauthorized, Reason: reason, Err: cmp.Or(err, errRefused)}
}
