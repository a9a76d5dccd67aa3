package zalo

import "time"

// SetSaving tells how long a new pair of tokens is tried to be kept.
func (c *Connector) SetSaving(d time.Duration) { c.tokens.saving = d }
