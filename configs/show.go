package configs

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Show writes the configuration in effect as YAML that Load reads back, except
// that secrets are masked.
func Show(w io.Writer, cfg Config) error {
	var b strings.Builder
	showFields(&b, reflect.ValueOf(&cfg).Elem(), "", "")
	_, err := io.WriteString(w, b.String())
	return err
}

// showFields writes a struct's keys; the first line starts with lead (a list's
// dash), the others with indent.
func showFields(b *strings.Builder, v reflect.Value, lead, indent string) {
	for _, f := range fieldsOf(v.Type()) {
		if channel, ok := v.Interface().(Channel); ok && !channel.has(f) {
			continue
		}
		name, field := snake(f.Name), v.FieldByIndex(f.Index)
		b.WriteString(lead + name + ":")
		lead = indent
		switch {
		case field.Kind() == reflect.Struct:
			b.WriteByte('\n')
			showFields(b, field, indent+"  ", indent+"  ")
		case field.Kind() == reflect.Slice && field.Len() > 0:
			b.WriteByte('\n')
			showItems(b, field, indent)
		case field.Kind() == reflect.Slice:
			b.WriteString(" []\n")
		default:
			b.WriteString(" " + showScalar(field) + "\n")
		}
	}
}

func showItems(b *strings.Builder, list reflect.Value, indent string) {
	for i := range list.Len() {
		item := list.Index(i)
		if item.Kind() == reflect.Struct {
			showFields(b, item, indent+"  - ", indent+"    ")
			continue
		}
		b.WriteString(indent + "  - " + showScalar(item) + "\n")
	}
}

func showScalar(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case Secret:
		return strconv.Quote(value.String())
	case time.Duration:
		return value.String()
	case fmt.Stringer:
		if _, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			return value.String()
		}
	}
	if v.Kind() == reflect.String {
		return strconv.Quote(strings.ReplaceAll(v.String(), "$", "$$"))
	}
	return fmt.Sprint(v.Interface())
}
