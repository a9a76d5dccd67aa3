package configs

import (
	"fmt"
	"os"
	"path/filepath"
)

// Load reads the configuration at path over the defaults. Every ${NAME} is asked
// of getenv (os.Getenv). The error is Problems, all of them, or tells why the
// file cannot be read. An empty path is Default.
//
// Paths of replaced data files come back relative to the working folder, taken
// from the folder of the configuration file, where the person who wrote them
// stood; data.folder is left as it is, like the flag --data.
func Load(path string, getenv func(string) string) (Config, error) {
	if path == "" {
		return Default(), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("không đọc được tệp cấu hình: %w", err)
	}
	cfg := Default()
	if err := decodeConfig(path, data, getenv, &cfg); err != nil {
		return Config{}, err
	}
	for _, file := range cfg.dataFiles() {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	return cfg, nil
}

func decodeConfig(file string, data []byte, getenv func(string) string, cfg *Config) error {
	d := decoder{file: file, expand: func(s string) (string, error) { return expandEnv(s, getenv) }}
	d.decode(data, cfg)
	found := cfg.problems()
	found.locate(file, d.lines)
	for _, p := range found {
		if !d.problems.cover(p) {
			d.problems = append(d.problems, p)
		}
	}
	return d.problems.asError()
}

// cover reports whether a mistake in reading the value at p.Key, or in a value
// around or inside it, is told already: its consequences are not told again.
func (ps Problems) cover(p Problem) bool {
	for _, told := range ps {
		if told.Key == "" || within(p.Key, told.Key) || within(told.Key, p.Key) {
			return true
		}
	}
	return false
}

// within reports whether key is outer or lies inside it.
func within(key, outer string) bool {
	for ; key != ""; key = parentKey(key) {
		if key == outer {
			return true
		}
	}
	return false
}

// dataFiles points at every path that names a replaced data file.
func (c *Config) dataFiles() []*string {
	return []*string{
		&c.Bot.TextsFile, &c.Bot.TriageFile,
		&c.Hours.File, &c.Hours.HolidaysFile, &c.Hours.TargetsFile, &c.Hours.DutyFile,
		&c.Directory.DepartmentsFile, &c.Directory.FieldsFile, &c.Directory.LocalitiesFile,
	}
}
