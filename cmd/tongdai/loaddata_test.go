package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"tongdai/kb"
)

// TestALoadTestHasTheEntriesAskedFor, and those of the demonstration where fewer
// are asked for.
func TestALoadTestHasTheEntriesAskedFor(t *testing.T) {
	for wanted, has := range map[int]int{0: demoEntries, demoEntries: demoEntries, demoEntries + 2: demoEntries + 2} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "tongdai.yaml")
			if err := writeNew(config, []byte(unlimited)); err != nil {
				t.Fatal(err)
			}
			if err := fillKnowledge(t.Context(), config, dir, wanted); err != nil {
				t.Fatal(err)
			}
			s := settings{config: config, data: dir}
			if err := s.withHub(t.Context(), func(a *app) error {
				return a.store.ViewEntries(t.Context(), func(tx kb.Reader) error {
					all, err := tx.Entries("", demoEntries+1000)
					if len(all) != has {
						t.Errorf("asked for %d entries: got %d, want %d", wanted, len(all), has)
					}
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
