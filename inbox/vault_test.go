package inbox_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/connectortest"
	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// aKey is key number n of an installation.
func aKey(n byte) inbox.VaultKey {
	return inbox.VaultKey{Number: n, Key: bytes.Repeat([]byte{n}, inbox.VaultKeySize)}
}

// movable is a clock that a test moves on.
type movable struct {
	mu     sync.Mutex
	passed time.Duration
}

func (c *movable) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.passed)
}

func (c *movable) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed += d
}

// keptIn opens an embedded store, closed with the test.
func keptIn(t *testing.T, path string, now func() time.Time) inbox.Store {
	t.Helper()
	store, err := bolt.Open(path, bolt.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

func vaultOver(t *testing.T, store inbox.Store, key inbox.VaultKey, older ...inbox.VaultKey) *inbox.Vault {
	t.Helper()
	v, err := inbox.NewVault(store, key, older...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheVaultOverTheEmbeddedStore(t *testing.T) {
	var clock movable
	store := keptIn(t, filepath.Join(t.TempDir(), "hub.db"), clock.now)
	connectortest.RunVault(t, vaultOver(t, store, aKey(1)), clock.pass)
}

func TestTheVaultOverPostgreSQL(t *testing.T) {
	var clock movable
	store, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.DatabaseOn(t, pgtest.OwnServer(t, localpg.Options{})), Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	connectortest.RunVault(t, vaultOver(t, store, aKey(1)), clock.pass)
}

func TestASecretIsNotInTheStoreForAnybodyToRead(t *testing.T) {
	secret := []byte("refresh-token-that-nobody-may-read-1022")
	path := filepath.Join(t.TempDir(), "hub.db")
	vault := vaultOver(t, keptIn(t, path, nil), aKey(1))
	if _, err := vault.Save(t.Context(), "zalo-1022/tokens", secret, 0); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("zalo-1022/tokens")) {
		t.Error("not even the name is in the file: this test looks at the wrong one")
	}
	for n := 8; n <= len(secret); n += 8 {
		if bytes.Contains(file, secret[n-8:n]) {
			t.Errorf("the store's file holds %q of the secret", secret[n-8:n])
		}
	}
}

func TestKeysOfTheVaultChange(t *testing.T) {
	const name = "zalo-1022/tokens"
	store := keptIn(t, filepath.Join(t.TempDir(), "hub.db"), nil)
	if _, err := vaultOver(t, store, aKey(1)).Save(t.Context(), name, []byte("one"), 0); err != nil {
		t.Fatal(err)
	}
	both := vaultOver(t, store, aKey(2), aKey(1))
	got, err := both.Load(t.Context(), name)
	if err != nil || string(got.Value) != "one" {
		t.Fatalf("with both keys Load = %q, %v", got.Value, err)
	}
	if _, err := both.Save(t.Context(), name, []byte("two"), got.Version); err != nil {
		t.Fatal(err)
	}
	if got, err := vaultOver(t, store, aKey(2)).Load(t.Context(), name); err != nil || string(got.Value) != "two" {
		t.Errorf("with the new key Load = %q, %v", got.Value, err)
	}
	for what, other := range map[string]inbox.VaultKey{
		"without the key that sealed": aKey(1), "with another key of its number": {Number: 2, Key: aKey(9).Key},
	} {
		if _, err := vaultOver(t, store, other).Load(t.Context(), name); !errors.Is(err, inbox.ErrSealed) {
			t.Errorf("%s Load = %v, want ErrSealed", what, err)
		}
	}
}

// Whoever can write to the store must not be able to pass one secret off as another.
func TestASealHoldsForOneNameAndVersion(t *testing.T) {
	store := keptIn(t, filepath.Join(t.TempDir(), "hub.db"), nil)
	vault := vaultOver(t, store, aKey(1))
	for i, value := range []string{"first", "second"} {
		if _, err := vault.Save(t.Context(), "a/tokens", []byte(value), uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	for what, forge := range map[string]func(s inbox.Secret) inbox.Secret{
		"under another name": func(s inbox.Secret) inbox.Secret { return inbox.Secret{Name: "b/tokens", Sealed: s.Sealed} },
		"as a newer version": func(s inbox.Secret) inbox.Secret { return s },
		"with a byte changed": func(s inbox.Secret) inbox.Secret {
			s.Sealed = bytes.Clone(s.Sealed)
			s.Sealed[len(s.Sealed)-1] ^= 1
			return s
		},
		"cut short":             func(s inbox.Secret) inbox.Secret { s.Sealed = s.Sealed[:1]; return s },
		"as of a later format":  func(s inbox.Secret) inbox.Secret { s.Sealed = append([]byte{9}, s.Sealed[1:]...); return s },
		"as of an unknown key":  func(s inbox.Secret) inbox.Secret { s.Sealed = append([]byte{1, 7}, s.Sealed[2:]...); return s },
		"with nothing after it": func(s inbox.Secret) inbox.Secret { s.Sealed = s.Sealed[:2]; return s },
	} {
		var forged inbox.Secret
		err := store.Update(t.Context(), func(tx inbox.Writer) error {
			s, err := tx.Secret("a/tokens")
			if err != nil {
				return err
			}
			forged, err = tx.PutSecret(forge(s))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := vault.Load(t.Context(), forged.Name); !errors.Is(err, inbox.ErrSealed) {
			t.Errorf("%s it opens as %q, %v", what, got.Value, err)
		}
		if _, err := vault.Save(t.Context(), "a/tokens", []byte("second"), versionOf(t, store, "a/tokens")); err != nil {
			t.Fatal(err)
		}
	}
}

func versionOf(t *testing.T, store inbox.Store, name string) (version uint64) {
	t.Helper()
	err := store.View(t.Context(), func(tx inbox.Reader) error {
		s, err := tx.Secret(name)
		version = s.Version
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestAVaultNeedsWholeKeys(t *testing.T) {
	for name, keys := range map[string][]inbox.VaultKey{
		"a short key":              {{Number: 1, Key: make([]byte, 16)}},
		"two keys with one number": {aKey(1), aKey(1)},
	} {
		if _, err := inbox.NewVault(nil, keys[0], keys[1:]...); err == nil {
			t.Errorf("NewVault takes %s", name)
		}
	}
}
