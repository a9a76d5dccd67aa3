package inbox

import "time"

// Secret is what a connector keeps and nobody reads, its tokens above all. The
// Store sees it sealed; see NewVault.
type Secret struct {
	Name    string
	Sealed  []byte
	Version uint64 // grows by one with every write
	SavedAt time.Time
}
