package inbox

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/connectors"
)

// A sealed secret is a format byte, the number of the key it is sealed with,
// and then AES-256-GCM (NIST SP 800-38D) with a random nonce before the
// ciphertext. Format, key, version and name are bound to it: whoever can write
// to the store can neither pass one secret off as another nor an old one as the
// newest.
const (
	sealFormat = 1
	sealHeader = 2 // bytes
)

// VaultKeySize is how long the key of a vault is, in bytes.
const VaultKeySize = 32

// VaultKey seals secrets. Its number stands in what it sealed.
type VaultKey struct {
	Number byte
	Key    []byte
}

// Vault keeps connectors' secrets in a Store that sees them sealed only.
type Vault struct {
	store Store
	seal  byte // the number of the key that seals
	keys  map[byte]cipher.AEAD
}

var _ connectors.Vault = (*Vault)(nil)

// NewVault returns a Vault that seals with one key and opens also what older
// ones sealed: a secret takes the new key when it is next saved.
func NewVault(store Store, key VaultKey, older ...VaultKey) (*Vault, error) {
	v := &Vault{store: store, seal: key.Number, keys: map[byte]cipher.AEAD{}}
	for _, k := range append([]VaultKey{key}, older...) {
		if _, twice := v.keys[k.Number]; twice {
			return nil, fmt.Errorf("vault: two keys have the number %d", k.Number)
		}
		if len(k.Key) != VaultKeySize {
			return nil, fmt.Errorf("vault: key %d has %d bytes, not %d", k.Number, len(k.Key), VaultKeySize)
		}
		block, err := aes.NewCipher(k.Key)
		if err != nil {
			return nil, fmt.Errorf("vault: key %d: %w", k.Number, err)
		}
		if v.keys[k.Number], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("vault: key %d: %w", k.Number, err)
		}
	}
	return v, nil
}

// ErrSealed tells that a secret is there and cannot be opened: it was sealed
// with another key, or has been changed.
var ErrSealed = errors.New("inbox: the secret cannot be opened with the key of this installation")

// errUnnamed: names make the seal.
var errUnnamed = errors.New("vault: a secret needs a name")

// Load implements connectors.Vault. ErrSealed when what is kept cannot be opened.
func (v *Vault) Load(ctx context.Context, name string) (connectors.Secret, error) {
	if name == "" {
		return connectors.Secret{}, errUnnamed
	}
	var kept Secret
	err := v.store.View(ctx, func(tx Reader) (err error) {
		kept, err = tx.Secret(name)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return connectors.Secret{}, nil
	}
	if err != nil {
		return connectors.Secret{}, err
	}
	value, err := v.open(kept)
	if err != nil {
		return connectors.Secret{}, fmt.Errorf("secret %q, version %d: %w", name, kept.Version, err)
	}
	return connectors.Secret{Value: value, Version: kept.Version}, nil
}

// Save implements connectors.Vault.
func (v *Vault) Save(ctx context.Context, name string, value []byte, over uint64) (uint64, error) {
	if name == "" {
		return 0, errUnnamed
	}
	secret := Secret{Name: name, Version: over, Sealed: v.sealed(name, over+1, value)}
	err := v.store.Update(ctx, func(tx Writer) error {
		s := secret
		s.SavedAt = v.store.Now()
		_, err := tx.PutSecret(s)
		return err
	})
	if errors.Is(err, ErrConflict) {
		return 0, connectors.ErrStale
	}
	return over + 1, err
}

// Hold implements connectors.Vault by a lease of the store.
func (v *Vault) Hold(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	if name == "" || holder == "" {
		return false, errors.New("vault: a hold needs a name and a holder")
	}
	return v.store.Lease(ctx, "secret "+name, holder, max(ttl, 0))
}

// bound is what a seal is valid for.
func bound(format, key byte, name string, version uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{format, key}, version), name...)
}

func (v *Vault) sealed(name string, version uint64, value []byte) []byte {
	header := []byte{sealFormat, v.seal}
	return v.keys[v.seal].Seal(header, nil, value, bound(sealFormat, v.seal, name, version))
}

func (v *Vault) open(s Secret) ([]byte, error) {
	if len(s.Sealed) < sealHeader || s.Sealed[0] != sealFormat {
		return nil, fmt.Errorf("%w: its format is not known", ErrSealed)
	}
	number := s.Sealed[1]
	key, ok := v.keys[number]
	if !ok {
		return nil, fmt.Errorf("%w: there is no key %d", ErrSealed, number)
	}
	value, err := key.Open(nil, nil, slices.Clone(s.Sealed[sealHeader:]), bound(sealFormat, number, s.Name, s.Version))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}
