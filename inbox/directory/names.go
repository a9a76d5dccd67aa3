package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb/vi"
)

// abbreviations are what departments and citizens write for the words of
// official names, folded and without "&", "-" and dots inside: "TT&TT" is tttt.
var abbreviations = map[string]string{
	"ubnd": "uy ban nhan dan", "ub": "uy ban", "vp": "van phong", "tt": "trung tam",
	"tp": "thanh pho", "tx": "thi xa", "h": "huyen", "p": "phuong", "x": "xa",
	"mttq": "mat tran to quoc", "bhxh": "bao hiem xa hoi", "qltt": "quan ly thi truong",
	"cdc": "kiem soat benh tat", "dvvl": "dich vu viec lam", "hk": "hang khong",
	"gddt": "giao duc dao tao", "gd": "giao duc", "dt": "dao tao", "tttt": "thong tin truyen thong", "khcn": "khoa hoc cong nghe",
	"gtvt": "giao thong van tai", "tnmt": "tai nguyen moi truong", "nnmt": "nong nghiep moi truong",
	"nnptnt": "nong nghiep phat trien nong thon", "ptnt": "phat trien nong thon",
	"ldtbxh": "lao dong thuong binh xa hoi", "ld": "lao dong", "tbxh": "thuong binh xa hoi",
	"tw": "trung uong", "ca": "cong an", "yt": "y te", "ct": "cong thuong", "nv": "noi vu", "xd": "xay dung",
}

// joints are the signs between words of a name.
var joints = strings.NewReplacer("&", "", ".", " ")

// nameKey is the same for all ways of writing one official name: folded, with
// abbreviations written out and "và" left out.
func nameKey(name string) string {
	name = joints.Replace(name)
	var words []string
	for _, word := range vi.Texts(name) {
		folded := vi.Fold(word)
		switch {
		case folded == "va":
		case abbreviations[folded] != "":
			words = append(words, abbreviations[folded])
		default:
			words = append(words, folded)
		}
	}
	return strings.Join(words, " ")
}

// NameKey is the same for all ways of writing one official name.
func NameKey(name string) string { return nameKey(name) }

// longestID is what an id made of a name may have, with room for a number behind it.
const longestID = 60

// FreeID makes an id of a name that is not taken: "Xã Nga Sơn" is xa-nga-son, and
// xa-nga-son-2 where that is taken. It is empty for a name without letters.
func FreeID[ID ~string](name string, taken func(ID) bool) ID {
	slug := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.Join(strings.Fields(vi.Fold(strings.Join(vi.Texts(name), " "))), " "))
	slug = strings.Trim(slug[:min(len(slug), longestID)], "-")
	for n, id := 2, ID(slug); ; n++ {
		if slug == "" || !taken(id) {
			return id
		}
		id = ID(fmt.Sprintf("%s-%d", slug, n))
	}
}

// withoutProvince leaves out what people add to the name of a provincial body:
// "Sở Y tế tỉnh Thanh Hóa" is the Sở Y tế.
func withoutProvince(key string) string {
	short, _, _ := strings.Cut(key, " tinh")
	return short
}

// DepartmentByName finds a department by its name, abbreviation or another name
// in use, with or without diacritics. Where the one so named has ended by the
// day of at, its main successor on that day is returned; Department.Name tells
// that it is another. Only the unit of a place that has become several stays
// itself, since nobody can tell from the name which of them is meant.
func (d *Directory) DepartmentByName(name string, at time.Time) (Department, bool) {
	key := nameKey(name)
	for _, k := range []string{key, withoutProvince(key), key + " tinh"} {
		found := d.departmentByName[k]
		if len(found) == 0 {
			continue
		}
		for _, i := range found {
			if d.departments[i].ExistsAt(at) {
				return d.departments[i], true
			}
		}
		for _, i := range found {
			former := d.departments[i]
			now := d.Successors(former.ID, at)
			switch {
			case former.Locality != "" && len(now) > 1:
				return former, true
			case len(now) > 0:
				return now[0], true
			}
		}
	}
	return Department{}, false
}

// FieldByName finds a field by its name or short name, with or without
// diacritics.
func (d *Directory) FieldByName(name string) (Field, bool) {
	i, ok := d.fieldByName[nameKey(name)]
	if !ok {
		return Field{}, false
	}
	return d.fields[i], true
}

// LocalityByName finds a place by its name or another name in use, with or
// without diacritics. A bare name that both a former district and a new commune
// bear ("Hậu Lộc") is the one that comes first in the data, the district.
func (d *Directory) LocalityByName(name string) (Locality, bool) {
	i, ok := d.localityByName[nameKey(name)]
	if !ok {
		return Locality{}, false
	}
	return d.localities[i], true
}

// levels are the two ways of writing a place's level before its bare name.
var levels = map[LocalityKind]struct{ full, short string }{
	CityPlace: {"thành phố", "tp"}, TownPlace: {"thị xã", "tx"}, DistrictPlace: {"huyện", "h"},
	WardPlace: {"phường", "p"}, CommunePlace: {"xã", "x"},
}

// spokenNames are the phrases that name l in a text.
func spokenNames(l Locality) []string {
	names := slices.Concat([]string{l.Name}, l.Aliases)
	level := levels[l.Kind]
	if bare, ok := strings.CutPrefix(strings.ToLower(l.Name), level.full+" "); ok {
		names = append(names, level.short+" "+bare)
	}
	return names
}

// Localities returns the places named in a text, in the order they are named,
// each once. Of names that overlap the longest counts ("phường Sầm Sơn" is not
// Sầm Sơn as well). A word typed without diacritics matches, one typed with
// other diacritics does not.
func (d *Directory) Localities(text string) []Locality {
	type span struct{ locality, from, to int }
	var words []vi.Form
	for _, w := range vi.Texts(text) {
		words = append(words, vi.FormOf(w))
	}
	var spans []span
	d.places.Each(words, func(i, from, to int) { spans = append(spans, span{i, from, to}) })
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(a.from-b.from, b.to-a.to, a.locality-b.locality)
	})
	var out []Locality
	seen, covered := map[int]bool{}, 0
	for _, s := range spans {
		if s.from < covered {
			continue
		}
		covered = s.to
		if !seen[s.locality] {
			seen[s.locality] = true
			out = append(out, d.localities[s.locality])
		}
	}
	return out
}
