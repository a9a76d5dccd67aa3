package configs

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestWhereTheDatabaseIs(t *testing.T) {
	for name, tt := range map[string]struct {
		store string
		want  string // in the problem; empty: none
	}{
		"a host":                        {"kind: postgres, postgres: {url: 'postgres://a:b@10.0.0.5:5432/tongdai'}", ""},
		"several hosts and options":     {"kind: postgres, postgres: {url: 'postgres://a:b@h1:5432,h2:5432/tongdai?target_session_attrs=read-write'}", ""},
		"a socket":                      {"kind: postgres, postgres: {url: 'postgresql:///tongdai?host=/run/postgresql'}", ""},
		"a direct way to listen":        {"kind: postgres, postgres: {url: 'postgres://p:6432/d', listen_url: 'postgres://h:5432/d', connections: 40}", ""},
		"the embedded store needs none": {"kind: bolt", ""},
		"no address":                    {"kind: postgres", "store.postgres.url: kho postgres cần địa chỉ"},
		"no database":                   {"kind: postgres, postgres: {url: 'postgres://a:mat-khau@h:5432'}", "store.postgres.url: không phải địa chỉ"},
		"another scheme":                {"kind: postgres, postgres: {url: 'mysql://a:mat-khau@h/d'}", "store.postgres.url: không phải địa chỉ"},
		"words of libpq":                {"kind: postgres, postgres: {url: 'host=h password=mat-khau dbname=d'}", "store.postgres.url: không phải địa chỉ"},
		"a wrong way to listen":         {"kind: postgres, postgres: {url: 'postgres://p/d', listen_url: 'h:5432'}", "store.postgres.listen_url"},
		"too few connections":           {"kind: postgres, postgres: {url: 'postgres://p/d', connections: 2}", "store.postgres.connections"},
		"an unknown kind":               {"kind: mysql", "store.kind"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(writeFile(t, "c.yaml", "store: {"+tt.store+"}\n"), noEnv)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("Load = %v, want a problem with %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "mat-khau"):
				t.Errorf("the problem tells the password: %v", err)
			}
		})
	}
}

func TestTheKeyIsReadAndNeverShown(t *testing.T) {
	whole := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, KeyBytes))
	for name, tt := range map[string]struct {
		key string
		ok  bool
	}{
		"a whole key": {whole, true}, "none": {"", true}, "half a key": {whole[:20], false},
		"too long": {base64.StdEncoding.EncodeToString(make([]byte, 40)), false}, "no base64": {strings.Repeat("!", 44), false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := Load(writeFile(t, "c.yaml", "data: {secret_key: '"+tt.key+"'}\n"), noEnv)
			if (err == nil) != tt.ok {
				t.Fatalf("Load = %v", err)
			}
			if err != nil {
				if !strings.Contains(err.Error(), "tongdai config key") || strings.Contains(err.Error(), tt.key) {
					t.Errorf("the problem reads %v", err)
				}
				return
			}
			key, err := cfg.Data.Key()
			if err != nil || (len(key) == KeyBytes) != (tt.key != "") {
				t.Errorf("Key = %d bytes, %v", len(key), err)
			}
			cfg.Store.Postgres.URL = "postgres://a:mat-khau@h/d"
			var out bytes.Buffer
			if err := Show(&out, cfg); err != nil {
				t.Fatal(err)
			}
			if tt.key != "" && strings.Contains(out.String(), tt.key) || strings.Contains(out.String(), "mat-khau") {
				t.Errorf("a secret is shown:\n%s", &out)
			}
		})
	}
}
