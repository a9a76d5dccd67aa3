// Command gen counts the syllables and the pairs of neighbouring syllables of the
// project's own Vietnamese texts into kb/vi/data/syllables.txt and pairs.txt, from
// which package vi tells likely words from merely spellable ones.
//
// Run it in the root of the module, after texts have grown a good deal:
//
//	go run ./kb/vi/gen kb/vi/data README.vi.md configs/demo/entries.csv configs/*.yaml configs/demo/*.yaml kb/data/synonyms.txt kb/data/thesaurus.csv
//
// The counted files are our own words and correctly spelled; questions as citizens
// type them are left out on purpose, because their mistakes would count as words.
package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"tongdai/kb/vi"
)

// least a pair must be seen: once may be chance, and most pairs are seen once.
const leastPair = 2

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER FILE..., the folder to write to and the .csv, .yaml and .md files to count")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(folder string, files []string) error {
	counts := counter{map[string]int{}, map[string]int{}}
	for _, name := range files {
		texts, err := read(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, t := range texts {
			counts.add(t)
		}
	}
	if err := write(filepath.Join(folder, "syllables.txt"), "# How often each syllable stands in the project's own texts. Made by kb/vi/gen.", counts.syllables, 1); err != nil {
		return err
	}
	return write(filepath.Join(folder, "pairs.txt"), "# How often two syllables stand side by side there. Made by kb/vi/gen.", counts.pairs, leastPair)
}

func read(name string) ([]string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	switch filepath.Ext(name) {
	case ".csv":
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		return slices.Concat(rows...), err
	case ".yaml":
		var document any
		if err := yaml.Unmarshal(b, &document); err != nil {
			return nil, err
		}
		return collect(nil, document), nil
	}
	return strings.Split(string(b), "\n"), nil
}

// collect gathers the texts of a document; ids and settings are told by having no marks.
func collect(texts []string, node any) []string {
	switch n := node.(type) {
	case string:
		texts = append(texts, n)
	case []any:
		for _, child := range n {
			texts = collect(texts, child)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			texts = collect(texts, n[key])
		}
	}
	return texts
}

type counter struct{ syllables, pairs map[string]int }

func (c counter) add(text string) {
	for part := range strings.FieldsFuncSeq(text, endsPhrase) {
		words := vi.Texts(part)
		if !slices.ContainsFunc(words, vi.Marked) {
			continue
		}
		for i, w := range words {
			if !vi.Syllable(w) {
				continue
			}
			c.syllables[w]++
			if i > 0 && vi.Syllable(words[i-1]) {
				c.pairs[words[i-1]+" "+w]++
			}
		}
	}
}

func endsPhrase(r rune) bool { return strings.ContainsRune(".,;:!?()|\n\"“”", r) }

func write(name, head string, counts map[string]int, least int) error {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var out bytes.Buffer
	fmt.Fprintln(&out, head)
	for _, k := range keys {
		if counts[k] >= least {
			fmt.Fprintln(&out, k, counts[k])
		}
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}
