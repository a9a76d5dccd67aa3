package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a configuration or data file, told to the person
// who has to correct it.
type Problem struct {
	File string // as given by the person; empty when the value came from no file
	Line int    // 1 is the first; 0 where no line can be named
	Key  string // the path of keys, such as channels[0].id; may be empty
	Text string // what is wrong and what to write instead, in Vietnamese
}

// String writes p as file:line: key: text, leaving out what is not known.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key)
		b.WriteString(": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is every mistake found, in the order of the file. It is the error
// that Load, Validate and LoadData return.
type Problems []Problem

// Error is one mistake a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// asError is nil when there is no problem, so that a nil Problems never becomes
// a non-nil error.
func (ps Problems) asError() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return sorted
}

func (ps *Problems) add(key, format string, args ...any) {
	*ps = append(*ps, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
}

// locate gives each problem its file and, from the nearest enclosing key that
// stands in the file, its line.
func (ps Problems) locate(file string, lines map[string]int) {
	for i := range ps {
		ps[i].File = file
		for key := ps[i].Key; ps[i].Line == 0 && key != ""; key = parentKey(key) {
			ps[i].Line = lines[key]
		}
	}
}

// parentKey is a.b for a.b.c, and a for a[3].
func parentKey(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}
