package webform

import "testing"

func TestPointsAreReadAsPeopleHaveThem(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		lat, lon   float64
		link, ok   bool
	}{
		{"two numbers", "19.80710, 105.77520", 19.8071, 105.7752, false, true},
		{"two numbers with a blank", "19.8071 105.7752", 19.8071, 105.7752, false, true},
		{"in brackets", "(19.8071,105.7752)", 19.8071, 105.7752, false, true},
		{"the marked point of a map", "https://www.google.com/maps/place/X/@20.0,105.0,17z/data=!3m1!4b1!4m6!3d19.8071!4d105.7752", 19.8071, 105.7752, true, true},
		{"the middle of a map", "https://www.google.com/maps/@19.8071,105.7752,17z", 19.8071, 105.7752, true, true},
		{"a search on a map", "https://maps.google.com/?q=19.8071,105.7752", 19.8071, 105.7752, true, true},
		{"OpenStreetMap", "https://www.openstreetmap.org/?mlat=19.8071&mlon=105.7752#map=17", 19.8071, 105.7752, true, true},
		{"a geo address", "geo:19.8071,105.7752;u=35", 19.8071, 105.7752, false, true},
		{"a shortened link", "https://maps.app.goo.gl/abcDEF", 0, 0, true, true},
		{"a point abroad on a map", "https://maps.google.com/?q=48.8,2.3", 0, 0, true, true},
		{"a point abroad", "48.8, 2.3", 0, 0, false, false},
		{"the wrong way round", "105.7752, 19.8071", 0, 0, false, false},
		{"words", "gần chợ", 0, 0, false, false},
		{"a script", "javascript:alert(1)", 0, 0, false, false},
		{"a file", "file:///etc/passwd", 0, 0, false, false},
		{"no host", "https:///x", 0, 0, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			point, link, ok := where(tt.text)
			if ok != tt.ok || (link != "") != tt.link {
				t.Fatalf("where = %+v, %q, %v", point, link, ok)
			}
			if (point != nil) != (tt.lat != 0) || point != nil && (point.Latitude != tt.lat || point.Longitude != tt.lon) {
				t.Errorf("the point is %+v, want %v, %v", point, tt.lat, tt.lon)
			}
		})
	}
}

func FuzzWhere(f *testing.F) {
	f.Add("19.8, 105.7")
	f.Add("https://www.google.com/maps/@19.8,105.7,17z?q=1,2")
	f.Add("geo:NaN,NaN")
	f.Fuzz(func(t *testing.T, text string) {
		point, link, ok := where(text)
		if !ok && (point != nil || link != "") {
			t.Errorf("where(%q) = %+v, %q, false", text, point, link)
		}
		if point != nil && !(point.Latitude >= south && point.Latitude <= north && point.Longitude >= west && point.Longitude <= east) {
			t.Errorf("where(%q) lies outside: %+v", text, point)
		}
	})
}

func TestNumbersAreDialledAtHome(t *testing.T) {
	for typed, want := range map[string]string{
		"0912 345 678": "0912345678", "+84912345678": "0912345678", "84 912 345 678": "0912345678",
		"0237.385.2222": "02373852222", "(0237) 3852222": "02373852222",
	} {
		if got, ok := dialled(typed); !ok || got != want {
			t.Errorf("dialled(%q) = %q, %v, want %q", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"0912", "912345678", "00123456789", "0912345678901", "+1 202 555 0100", "abc", "091234567x"} {
		if got, ok := dialled(typed); ok {
			t.Errorf("dialled(%q) = %q, want it refused", typed, got)
		}
	}
}
