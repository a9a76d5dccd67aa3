package localpg

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// installed makes a folder of PostgreSQL's programs that claim a version.
func installed(t *testing.T, root, name, version string, programs ...string) string {
	t.Helper()
	folder := filepath.Join(root, name, "bin")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		script := "#!/bin/sh\necho '" + p + " (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(folder, p), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

var all = []string{"postgres", "initdb", "pg_basebackup"}

func TestTheNewestInstalledPostgreSQLIsUsed(t *testing.T) {
	tests := []struct {
		name    string
		install func(root string) (want string)
		inPath  string
		missing string // words of the error
	}{
		{name: "none at all", missing: "sudo apt-get install postgresql",
			install: func(string) string { return "" }},
		{name: "one that is too old", missing: "chỉ có bản 13",
			install: func(root string) string { installed(t, root, "13", "13.9", all...); return "" }},
		{name: "9.6 is older than 15", missing: "chỉ có bản 9",
			install: func(root string) string { installed(t, root, "9.6", "9.6.24", all...); return "" }},
		{name: "only the clients are left", missing: "cần PostgreSQL 15",
			install: func(root string) string { installed(t, root, "15", "15.1", "pg_basebackup"); return "" }},
		{name: "the newest of several",
			install: func(root string) string {
				installed(t, root, "9.6", "9.6.24", all...)
				installed(t, root, "15", "15.18 (Debian 15.18-0+deb12u1)", all...)
				return installed(t, root, "17", "17beta1", all...)
			}},
		{name: "the distribution's before the same in PATH", inPath: "15.2",
			install: func(root string) string { return installed(t, root, "15", "15.1", all...) }},
		{name: "the one in PATH when there is no other", inPath: "16.2",
			install: func(root string) string { return filepath.Join(root, "path", "bin") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			want := test.install(filepath.Join(root, "lib"))
			p := places{versions: filepath.Join(root, "lib", "*", "bin"), lookPath: notFound}
			if test.inPath != "" {
				folder := installed(t, root, "path", test.inPath, all...)
				p.lookPath = func(name string) (string, error) { return filepath.Join(folder, name), nil }
				if strings.HasSuffix(want, "path/bin") {
					want = folder
				}
			}
			got, err := p.postgres(t.Context())
			if got != want {
				t.Errorf("programs in %q, want %q", got, want)
			}
			if (test.missing != "") != errors.Is(err, ErrMissing) {
				t.Fatalf("error %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), test.missing) {
				t.Errorf("error %q does not say %q", err, test.missing)
			}
		})
	}
}

func notFound(string) (string, error) { return "", exec.ErrNotFound }

func TestAMachineWithoutTheProgramsIsToldWhatToInstall(t *testing.T) {
	bare := places{versions: filepath.Join(t.TempDir(), "*"), sbin: t.TempDir(), lookPath: notFound}
	_, err := prepare(t.Context(), bare, Options{})
	told(t, "Start", err, "sudo apt-get install postgresql", "cần PostgreSQL 15 trở lên", "PostgreSQL 15 or newer is needed")
	_, err = new(Server).bouncer(t.Context(), bare)
	told(t, "Bouncer", err, "sudo apt-get install pgbouncer", "cần pgbouncer", "pgbouncer is needed")
}

func told(t *testing.T, who string, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, ErrMissing) {
		t.Errorf("%s = %v, want ErrMissing", who, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s says %q, without %q", who, err, w)
		}
	}
}

func TestPgbouncerIsFoundOutsidePATH(t *testing.T) {
	sbin := t.TempDir()
	want := filepath.Join(sbin, "pgbouncer")
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := places{sbin: sbin, lookPath: notFound}.bouncer()
	if got != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
