package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tongdai/configs"
)

func inDeploy(name string) string { return filepath.Join("..", "..", "configs", "deploy", name) }

func TestTheShippedConfigurationsAreUsable(t *testing.T) {
	for _, name := range []string{"tongdai.yaml", "container.yaml"} {
		cfg, err := configs.Load(inDeploy(name), func(string) string { return "" })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if cfg.Data.Folder != "/var/lib/tongdai" || len(cfg.HTTP.TrustedProxies) == 0 {
			t.Errorf("%s keeps its data in %s and trusts %v", name, cfg.Data.Folder, cfg.HTTP.TrustedProxies)
		}
	}
}

func TestEverythingThatIsPackedIsThere(t *testing.T) {
	text := string(fileOfProject(t, "configs", "deploy", "nfpm.yaml"))
	named := regexp.MustCompile(`(?m)(?:src|postinstall|preremove|postremove): (\S+)$`).FindAllStringSubmatch(text, -1)
	if len(named) < 10 {
		t.Fatalf("only %d files are packed", len(named))
	}
	for _, n := range named {
		path := filepath.Join("..", "..", filepath.FromSlash(n[1]))
		if _, err := os.Stat(path); err != nil && n[1] != "bin/tongdai" {
			t.Errorf("%v", err)
		}
		if strings.HasSuffix(path, ".sh") {
			if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", n[1], err, out)
			}
		}
	}
}

func TestTheUnitIsUnderstoodBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: systemd-analyze is not installed, so the unit was not checked")
	}
	unit := string(fileOfProject(t, "configs", "deploy", "tongdai.service"))
	here := filepath.Join(t.TempDir(), "tongdai.service")
	if err := os.WriteFile(here, []byte(strings.Replace(unit, "/usr/bin/tongdai ", "/bin/true ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", here).CombinedOutput()
	if err != nil || strings.Contains(string(out), "tongdai.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestProxiesKeepStrangersFromWhatIsForThisMachine(t *testing.T) {
	for _, name := range []string{"nginx.conf", "Caddyfile"} {
		text := string(fileOfProject(t, "configs", "deploy", name))
		for _, want := range []string{"metrics", strings.TrimPrefix(verifyPath, "/"), strings.TrimPrefix(backupPath, "/"), "404"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s says nothing of %s", name, want)
			}
		}
	}
}
