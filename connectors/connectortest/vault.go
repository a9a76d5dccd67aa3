package connectortest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
)

// Vault is a connectors.Vault in memory, as strict as the contract: it refuses
// a save over another version than the newest, gives every caller a copy of its
// own, and lets one holder at a time have a name. Break makes it fail as a store
// does; Saved tells what a test wants to know. Several connectors may share one,
// as the nodes of a hub share a store.
type Vault struct {
	now func() time.Time

	mu    sync.Mutex
	kept  map[string][]connectors.Secret // oldest first
	holds map[string]hold
	fault VaultFault
}

type hold struct {
	holder string
	until  time.Time
}

// VaultFault is how a broken Vault behaves.
type VaultFault int

// The faults of a Vault.
const (
	Sound      VaultFault = iota
	Down                  // every call fails, nothing is changed
	LosesSaves            // Save fails and keeps nothing; everything else works
	HidesSaves            // Save keeps the value and fails all the same: its outcome is unknown
)

// ErrDown is what a broken Vault answers with.
var ErrDown = errors.New("connectortest: the vault cannot be reached")

var _ connectors.Vault = (*Vault)(nil)

// NewVault returns an empty Vault. now is the clock that holds lapse by; nil: time.Now.
func NewVault(now func() time.Time) *Vault {
	if now == nil {
		now = time.Now
	}
	return &Vault{now: now, kept: map[string][]connectors.Secret{}, holds: map[string]hold{}}
}

// Break has the vault fail from now on; Sound mends it.
func (v *Vault) Break(f VaultFault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = f
}

// Saved returns everything that was ever saved under name, oldest first.
func (v *Vault) Saved(name string) []connectors.Secret {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.kept[name])
}

// Load implements connectors.Vault.
func (v *Vault) Load(ctx context.Context, name string) (connectors.Secret, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx, name); err != nil {
		return connectors.Secret{}, err
	}
	newest := v.newest(name)
	newest.Value = slices.Clone(newest.Value)
	return newest, nil
}

// Save implements connectors.Vault.
func (v *Vault) Save(ctx context.Context, name string, value []byte, over uint64) (uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx, name); err != nil {
		return 0, err
	}
	switch {
	case v.fault == LosesSaves:
		return 0, ErrDown
	case v.newest(name).Version != over:
		return 0, connectors.ErrStale
	}
	v.kept[name] = append(v.kept[name], connectors.Secret{Value: slices.Clone(value), Version: over + 1})
	if v.fault == HidesSaves {
		return 0, ErrDown
	}
	return over + 1, nil
}

// Hold implements connectors.Vault.
func (v *Vault) Hold(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx, name); err != nil {
		return false, err
	}
	if holder == "" {
		return false, errors.New("connectortest: a hold needs a holder")
	}
	now := v.now()
	has, held := v.holds[name]
	if held && has.holder != holder && has.until.After(now) {
		return false, nil
	}
	if ttl <= 0 {
		delete(v.holds, name)
		return true, nil
	}
	v.holds[name] = hold{holder, now.Add(ttl)}
	return true, nil
}

func (v *Vault) check(ctx context.Context, name string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case v.fault == Down:
		return ErrDown
	case name == "":
		return errors.New("connectortest: a secret needs a name")
	}
	return nil
}

func (v *Vault) newest(name string) connectors.Secret {
	all := v.kept[name]
	if len(all) == 0 {
		return connectors.Secret{}
	}
	return all[len(all)-1]
}

// RunVault tries the promises of connectors.Vault on an empty implementation.
// pass lets time go by on the clock that its holds lapse by; nil: that a hold
// lapses is not tried.
func RunVault(t *testing.T, vault connectors.Vault, pass func(time.Duration)) {
	const name, lan, minh = "zalo-1022/tokens", "node-lan", "node-minh"
	ctx := t.Context()
	load := func(want string, version uint64) {
		t.Helper()
		got, err := vault.Load(ctx, name)
		if err != nil || string(got.Value) != want || got.Version != version {
			t.Errorf("Load = %q version %d, %v, want %q version %d", got.Value, got.Version, err, want, version)
		}
	}
	save := func(value string, over, want uint64) {
		t.Helper()
		got, err := vault.Save(ctx, name, []byte(value), over)
		if want == 0 && !errors.Is(err, connectors.ErrStale) || want != 0 && (err != nil || got != want) {
			t.Errorf("Save(%q over %d) = %d, %v, want version %d (0: stale)", value, over, got, err, want)
		}
	}
	load("", 0)
	save("early", 1, 0)
	save("one", 0, 1)
	load("one", 1)
	save("again from nothing", 0, 0)
	save("two", 1, 2)
	save("late", 1, 0)
	load("two", 2)
	if secret, err := vault.Load(ctx, name); err == nil {
		secret.Value[0] = 'X'
		load("two", 2)
	}
	if other, err := vault.Load(ctx, name+"2"); err != nil || other.Version != 0 {
		t.Errorf("Load of another name = %+v, %v", other, err)
	}
	t.Run("of many who save over one version one succeeds", func(t *testing.T) {
		var mu sync.Mutex
		var saved, stale int
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := vault.Save(ctx, name, []byte("three"), 2)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					saved++
				case errors.Is(err, connectors.ErrStale):
					stale++
				default:
					t.Errorf("Save = %v", err)
				}
			})
		}
		all.Wait()
		if saved != 1 || stale != 7 {
			t.Errorf("%d saved and %d were stale, want 1 and 7", saved, stale)
		}
	})
	hold := func(holder string, ttl time.Duration, want bool) {
		t.Helper()
		if got, err := vault.Hold(ctx, name, holder, ttl); err != nil || got != want {
			t.Errorf("Hold by %s for %s = %v, %v, want %v", holder, ttl, got, err, want)
		}
	}
	hold(lan, time.Minute, true)
	hold(minh, time.Minute, false)
	hold(minh, 0, false)
	hold(lan, time.Minute, true)
	hold(lan, 0, true)
	hold(minh, time.Minute, true)
	hold(lan, time.Minute, false)
	if pass != nil {
		pass(2 * time.Minute)
		hold(lan, time.Minute, true)
	}
}
