package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheNarrowestLimitOfMemoryCounts(t *testing.T) {
	for _, tt := range []struct {
		name, groups string
		files        map[string]string
		want         int64
	}{
		{"a machine without limits", "0::/system.slice/tongdai.service\n", map[string]string{"system.slice/tongdai.service/memory.max": "max\n"}, 0},
		{"of systemd, for the service", "0::/system.slice/tongdai.service\n", map[string]string{
			"system.slice/tongdai.service/memory.max": "536870912\n", "system.slice/tongdai.service/memory.high": "max\n", "system.slice/memory.max": "max\n",
		}, 512 << 20},
		{"a slice has less than its service", "0::/system.slice/tongdai.service\n", map[string]string{
			"system.slice/tongdai.service/memory.max": "536870912\n", "system.slice/memory.max": "268435456\n",
		}, 256 << 20},
		{"from where on the kernel slows it down", "0::/a\n", map[string]string{"a/memory.max": "536870912\n", "a/memory.high": "402653184\n"}, 384 << 20},
		{"of a container, which sees its own group as the root", "0::/\n", map[string]string{"memory.max": "268435456\n"}, 256 << 20},
		{"of version 1", "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n", map[string]string{"memory/docker/abc/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		{"of version 1, in a container that is told another path", "4:memory:/docker/abc\n", map[string]string{"memory/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		{"none by version 1", "4:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		{"a kernel without control groups", "", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range tt.files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := memoryAllowedTo(tt.groups, root); got != tt.want {
				t.Errorf("%d bytes, want %d", got, tt.want)
			}
		})
	}
}
