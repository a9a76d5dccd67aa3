package transfer

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
	"unicode"
	"unicode/utf8"
)

// What an export holds is told by the domain's own types: a new field of theirs
// is exported without a word here. Fields are named as in the code, with a small
// first letter, and stand in its order. Empty ones are left out. Instants are
// RFC 3339 in UTC, spans of time are nanoseconds. Bytes are a string where they
// are UTF-8, else Base64 under a name that ends in Base64.

// hexadecimal are bytes that people compare rather than read.
type hexadecimal []byte

// appendPlain writes v, a struct, as one line of JSON, without the line's end.
func appendPlain(out *bytes.Buffer, v any) error {
	return plainValue(out, reflect.ValueOf(v))
}

func plainValue(out *bytes.Buffer, v reflect.Value) error {
	switch x := v.Interface().(type) {
	case time.Time:
		return plainJSON(out, x.UTC().Format(time.RFC3339Nano))
	case hexadecimal:
		return plainJSON(out, hex.EncodeToString(x))
	case json.RawMessage:
		return json.Compact(out, x)
	}
	switch v.Kind() {
	case reflect.Struct:
		out.WriteByte('{')
		first := true
		if err := plainFields(out, v, &first); err != nil {
			return err
		}
		out.WriteByte('}')
		return nil
	case reflect.Pointer:
		return plainValue(out, v.Elem())
	case reflect.Slice:
		return plainList(out, v)
	case reflect.String, reflect.Bool, reflect.Float64, reflect.Int, reflect.Int64, reflect.Uint64:
		return plainJSON(out, v.Interface())
	default:
		return fmt.Errorf("export: a field has the kind %s, which no export writes", v.Kind())
	}
}

// plainFields writes the fields of a struct; those of an embedded one are its own.
func plainFields(out *bytes.Buffer, v reflect.Value, first *bool) error {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Anonymous {
			if err := plainFields(out, value, first); err != nil {
				return err
			}
			continue
		}
		if value.IsZero() {
			continue
		}
		if !*first {
			out.WriteByte(',')
		}
		*first = false
		if err := plainField(out, fieldName(field.Name), value); err != nil {
			return err
		}
	}
	return nil
}

func plainField(out *bytes.Buffer, name string, v reflect.Value) error {
	b, binary := v.Interface().([]byte)
	if binary && !utf8.Valid(b) {
		fmt.Fprintf(out, "%q:%q", name+"Base64", base64.StdEncoding.EncodeToString(b))
		return nil
	}
	fmt.Fprintf(out, "%q:", name)
	if binary {
		return plainJSON(out, string(b))
	}
	return plainValue(out, v)
}

func plainList(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := plainValue(out, v.Index(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func plainJSON(out *bytes.Buffer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	out.Truncate(out.Len() - 1) // Encode ends the line
	return nil
}

// fieldName turns LastSeq into lastSeq and ID into id.
func fieldName(name string) string {
	letters := []rune(name)
	for i := range letters {
		if !unicode.IsUpper(letters[i]) || i > 0 && i+1 < len(letters) && unicode.IsLower(letters[i+1]) {
			break
		}
		letters[i] = unicode.ToLower(letters[i])
	}
	return string(letters)
}

func printable(texts []string) bool {
	for _, t := range texts {
		if !utf8.ValidString(t) {
			return false
		}
	}
	return true
}
