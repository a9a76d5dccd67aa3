package connectortest_test

import (
	"testing"
	"time"

	"tongdai/connectors/connectortest"
)

func TestVault(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	vault := connectortest.NewVault(func() time.Time { return now })
	connectortest.RunVault(t, vault, func(d time.Duration) { now = now.Add(d) })
}

func TestABrokenVault(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault connectortest.VaultFault
		kept  int
	}{
		{"down, it keeps nothing", connectortest.Down, 0},
		{"losing saves, it keeps nothing", connectortest.LosesSaves, 0},
		{"hiding saves, it keeps them", connectortest.HidesSaves, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vault := connectortest.NewVault(nil)
			vault.Break(tt.fault)
			if _, err := vault.Save(t.Context(), "n", []byte("x"), 0); err == nil {
				t.Error("Save says that all is well")
			}
			if got := len(vault.Saved("n")); got != tt.kept {
				t.Errorf("%d are kept, want %d", got, tt.kept)
			}
			vault.Break(connectortest.Sound)
			if got, err := vault.Load(t.Context(), "n"); err != nil || int(got.Version) != tt.kept {
				t.Errorf("Load after mending = %+v, %v", got, err)
			}
		})
	}
}
