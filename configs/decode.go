package configs

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decoder puts one YAML file into a Go value and keeps every mistake it meets,
// where a library's decoder stops at the first. A key is the Go field's name in
// snake case, so that the types of other packages need no tags.
type decoder struct {
	file     string
	expand   func(string) (string, error) // nil: text is taken as it stands
	problems Problems
	lines    map[string]int            // key path → line, for what is found wrong later
	ids      map[string]map[string]int // list → id of an item → its index
}

// defaulter is a list element that has defaults of its own.
type defaulter interface{ setDefaults() }

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
)

// decode reads data into the struct that into points at. Values that the file
// does not name keep what they were; lists and maps are replaced as a whole.
func (d *decoder) decode(data []byte, into any) {
	d.lines, d.ids = map[string]int{}, map[string]map[string]int{}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		d.problems = append(d.problems, syntaxProblem(d.file, err))
		return
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) > 1:
		d.fail(bodies[1], "", "tệp chỉ được có một tài liệu YAML (bỏ dòng ---)")
	case len(bodies) == 1:
		d.value(bodies[0], reflect.ValueOf(into).Elem(), "")
	}
}

func syntaxProblem(file string, err error) Problem {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return Problem{File: file, Line: at.GetToken().Position.Line, Text: "YAML sai cú pháp: " + at.GetMessage()}
	}
	return Problem{File: file, Text: "YAML sai cú pháp: " + err.Error()}
}

func (d *decoder) fail(n ast.Node, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{
		File: d.file, Line: lineOf(n), Key: key, Text: fmt.Sprintf(format, args...),
	})
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (d *decoder) value(n ast.Node, v reflect.Value, key string) {
	if _, seen := d.lines[key]; !seen {
		d.lines[key] = lineOf(n)
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.fail(n, key, "không dùng neo (&), bí danh (*) hay thẻ (!) của YAML ở đây; hãy viết thẳng giá trị")
		return
	}
	if v.Kind() == reflect.Pointer { // a view of several values as one file
		v = v.Elem()
	}
	if isScalarKind(v) {
		d.scalar(n, v, key)
		return
	}
	if n.Type() == ast.NullType { // "channels:" with nothing after it
		if v.Kind() != reflect.Struct {
			v.SetZero()
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, key)
	case reflect.Slice:
		d.list(n, v, key)
	case reflect.Map:
		d.mapping(n, v, key)
	default:
		panic("configs: cannot decode into " + v.Type().String())
	}
}

// isScalarKind tells a value written as one word from a composite one.
func isScalarKind(v reflect.Value) bool {
	if _, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return true
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map:
		return v.Type() == timeType
	}
	return true
}

func (d *decoder) pairs(n ast.Node, key string) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	d.fail(n, key, "phải là một nhóm khóa (khóa: giá trị)")
	return nil
}

func (d *decoder) structure(n ast.Node, v reflect.Value, key string) {
	for _, pair := range d.pairs(n, key) {
		name := pair.Key.GetToken().Value
		path := joinKey(key, name)
		d.lines[path] = lineOf(pair.Key)
		fields := fieldsOf(v.Type())
		field := slices.IndexFunc(fields, func(f reflect.StructField) bool { return snake(f.Name) == name })
		if field < 0 {
			d.fail(pair.Key, path, "không có khóa này; ở đây nhận: %s", knownKeys(v.Type()))
			continue
		}
		d.value(pair.Value, v.FieldByIndex(fields[field].Index), path)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, key string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(n, key, "phải là một danh sách (mỗi mục một dòng, bắt đầu bằng dấu -)")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		if withDefaults, ok := out.Index(i).Addr().Interface().(defaulter); ok {
			withDefaults.setDefaults()
		}
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", key, i))
		d.noteID(key, i, out.Index(i))
	}
	v.Set(out)
}

// noteID remembers where the item of an id stands; of two with one id the second,
// which is the one to correct.
func (d *decoder) noteID(list string, i int, item reflect.Value) {
	if item.Kind() != reflect.Struct || !item.FieldByName("ID").IsValid() {
		return
	}
	if d.ids[list] == nil {
		d.ids[list] = map[string]int{}
	}
	d.ids[list][item.FieldByName("ID").String()] = i
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, key string) {
	out := reflect.MakeMap(v.Type())
	for _, pair := range d.pairs(n, key) {
		name := pair.Key.GetToken().Value
		path := joinKey(key, name)
		d.lines[path] = lineOf(pair.Key)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(pair.Value, item, path)
		out.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, key string) {
	text, ok := scalarText(n)
	if !ok {
		d.fail(n, key, "phải là một giá trị đơn, không phải danh sách hay nhóm khóa")
		return
	}
	if n.Type() == ast.NullType && v.Kind() != reflect.String {
		d.fail(n, key, "đang để trống; hãy ghi giá trị hoặc bỏ cả dòng để dùng mặc định")
		return
	}
	if d.expand != nil {
		expanded, err := d.expand(text)
		if err != nil {
			d.fail(n, key, "%v", err)
			return
		}
		text = expanded
	}
	if err := setScalar(v, text); err != nil {
		d.fail(n, key, "%v", err)
	}
}

// scalarText is what the person wrote, before YAML made a number or a boolean
// of it: the hotline 0237 is not the number 237.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.NullNode:
		return "", true
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func setScalar(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && v.Type() != timeType {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case v.Type() == durationType:
		return setDuration(v, text)
	case v.Type() == timeType:
		day, err := time.ParseInLocation(time.DateOnly, text, Zone)
		if err != nil {
			return fmt.Errorf("%q không phải ngày; viết năm-tháng-ngày, ví dụ 2026-11-21", text)
		}
		v.Set(reflect.ValueOf(day))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q không hợp lệ; chỉ nhận true hoặc false", text)
		}
		v.SetBool(text == "true")
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q không phải số nguyên", text)
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%q không phải số; dùng dấu chấm thập phân, ví dụ 0.75", text)
		}
		v.SetFloat(f)
	default:
		panic("configs: cannot decode into " + v.Type().String())
	}
	return nil
}

func setDuration(v reflect.Value, text string) error {
	dur, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q không phải khoảng thời gian; viết số kèm đơn vị, ví dụ 30s, 60m, 12h", text)
	}
	v.SetInt(int64(dur))
	return nil
}

func joinKey(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// snake is idle_timeout for IdleTimeout, url for URL and http for HTTP.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 {
			afterLower := !unicode.IsUpper(runes[i-1])
			startsWord := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || startsWord {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// fieldsOf are the fields of a struct that have a key, those of its sections
// among them.
func fieldsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Anonymous || !f.IsExported() })
}

// knownKeys names the keys that may stand in a struct of type t.
func knownKeys(t reflect.Type) string {
	var known []string
	for _, f := range fieldsOf(t) {
		known = append(known, snake(f.Name))
	}
	return strings.Join(known, ", ")
}
