package configs

import _ "embed"

// Shipped is configs/tongdai.yaml: every key with its default and a comment.
//
//go:embed tongdai.yaml
var Shipped []byte
