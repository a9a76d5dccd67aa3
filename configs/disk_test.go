package configs

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsDoneAsTheDiskFills(t *testing.T) {
	for _, tt := range []struct{ name, text, key, says string }{
		{"later than shipped", "disk: {warn_at: 85, alarm_at: 95, files_until: 98, reserve: 1GB}", "", ""},
		{"an alarm before the warning", "disk: {warn_at: 95}", "disk", "tăng dần"},
		{"files refused before the alarm", "disk: {files_until: 85}", "disk", "tăng dần"},
		{"more than all", "disk: {files_until: 101}", "disk.files_until", "1 đến 100"},
		{"next to no reserve", "disk: {reserve: 10KB}", "disk.reserve", "1MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(writeFile(t, "c.yaml", tt.text), noEnv)
			if tt.key == "" {
				if err != nil {
					t.Errorf("Load = %v", err)
				}
				return
			}
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Key != tt.key || !strings.Contains(ps[0].Text, tt.says) {
				t.Errorf("Load = %v, want one problem at %s with %q", err, tt.key, tt.says)
			}
		})
	}
}
