package webform

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"tongdai/connectors/content"
)

var (
	// pair is a latitude and a longitude in degrees, as maps and telephones write them.
	pair = regexp.MustCompile(`^\s*\(?(-?\d{1,3}(?:\.\d{1,15})?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d{1,15})?)\)?\s*$`)
	// pinned is the marked point in an address of Google Maps, seen the point in
	// the middle of the screen.
	pinned = regexp.MustCompile(`!3d(-?\d{1,3}\.\d{1,15})!4d(-?\d{1,3}\.\d{1,15})`)
	seen   = regexp.MustCompile(`@(-?\d{1,3}\.\d{1,15}),(-?\d{1,3}\.\d{1,15})`)
)

// Vietnam with its islands, generously, in degrees.
const (
	south, north = 6.0, 24.0
	west, east   = 101.0, 118.0
)

// where reads what a citizen gave as a point: two numbers, or the link of a
// map. A link that names no point, as shortened ones do, is no mistake: people
// open it. ok is false for what is neither.
func where(text string) (point *content.Place, link string, ok bool) {
	text = strings.TrimSpace(text)
	if m := pair.FindStringSubmatch(text); m != nil {
		point = place(m[1], m[2])
		return point, "", point != nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "geo" {
		return nil, "", false
	}
	if u.Scheme == "geo" { // RFC 5870
		coordinates, _, _ := strings.Cut(u.Opaque, ";")
		return whereOnly(coordinates)
	}
	if u.Host == "" {
		return nil, "", false
	}
	return pointOf(u, text), text, true
}

func whereOnly(coordinates string) (*content.Place, string, bool) {
	if m := pair.FindStringSubmatch(coordinates); m != nil {
		point := place(m[1], m[2])
		return point, "", point != nil
	}
	return nil, "", false
}

// pointOf finds the point that a map's address names, nil when it names none
// or one outside the country.
func pointOf(u *url.URL, text string) *content.Place {
	if m := pinned.FindStringSubmatch(text); m != nil {
		return place(m[1], m[2])
	}
	query := u.Query()
	for _, name := range []string{"q", "query", "ll", "destination", "center", "point"} {
		if m := pair.FindStringSubmatch(query.Get(name)); m != nil {
			return place(m[1], m[2])
		}
	}
	if lat, lon := query.Get("mlat"), query.Get("mlon"); lat != "" && lon != "" { // OpenStreetMap
		return place(lat, lon)
	}
	if m := seen.FindStringSubmatch(text); m != nil {
		return place(m[1], m[2])
	}
	return nil
}

func place(latitude, longitude string) *content.Place {
	lat, errLat := strconv.ParseFloat(latitude, 64)
	lon, errLon := strconv.ParseFloat(longitude, 64)
	if errLat != nil || errLon != nil || !(lat >= south && lat <= north && lon >= west && lon <= east) {
		return nil
	}
	return &content.Place{Latitude: lat, Longitude: lon}
}
