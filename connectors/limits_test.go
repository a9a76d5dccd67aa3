package connectors_test

import (
	"testing"

	"tongdai/connectors"
)

func TestTakes(t *testing.T) {
	some := connectors.Limits{AttachmentSize: 100, AttachmentTypes: []string{"image/*", "application/pdf"}}
	tests := []struct {
		name      string
		limits    connectors.Limits
		mediaType string
		size      int64
		want      bool
	}{
		{"a type that is named", some, "application/pdf", 100, true},
		{"a type of a family that is named", some, "image/png", 1, true},
		{"a type that is not named", some, "video/mp4", 1, false},
		{"a family is not a prefix", some, "imagery/png", 1, false},
		{"one byte too many", some, "image/png", 101, false},
		{"any type where none is named", connectors.Limits{AttachmentSize: 100}, "video/mp4", 1, true},
		{"nothing where there are no attachments", connectors.Limits{}, "image/png", 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.limits.Takes(tt.mediaType, tt.size); got != tt.want {
				t.Errorf("Takes(%q, %d) = %v, want %v", tt.mediaType, tt.size, got, tt.want)
			}
		})
	}
}
