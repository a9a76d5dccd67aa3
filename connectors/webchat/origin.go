package webchat

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// self stands for the hub's own pages, in the configuration and in tokens.
const self = "self"

// parseOrigins returns the set of listed origins, or all mistakes in the list.
func parseOrigins(list []string) (map[string]bool, error) {
	origins := make(map[string]bool, len(list))
	var errs []error
	for _, text := range list {
		origin, err := parseOrigin(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("allowed origin %q: %w", text, err))
			continue
		}
		origins[origin] = true
	}
	if len(list) == 0 {
		errs = append(errs, errors.New(`no allowed origins: list those of the pages with the widget, "self" for our own`))
	}
	return origins, errors.Join(errs...)
}

// parseOrigin returns an origin as browsers write it (RFC 6454, section 6.2):
// lower case, no default port, nothing after the host.
func parseOrigin(text string) (string, error) {
	if text == self {
		return self, nil
	}
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(text, "/")))
	switch {
	case err != nil:
		return "", err
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New(`needs "https://" and a host name`)
	case u.Host == "" || strings.Contains(u.Host, "*"):
		return "", errors.New("needs a whole host name; patterns are not understood")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New("must end after the host name")
	}
	port := u.Port()
	if (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Scheme + "://" + u.Host, nil
}

// origin returns which listed origin r comes from. Browsers send Origin with
// every POST and with every request to another origin; a GET without one can
// only be our own page's, or a program's that needs a token all the same.
func (c *Connector) origin(r *http.Request) (string, bool) {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead
		return self, safe && c.origins[self]
	}
	if len(values) > 1 {
		return "", false
	}
	origin := values[0]
	if c.origins[origin] && origin != self {
		return origin, true
	}
	scheme, host, ok := strings.Cut(origin, "://")
	own := ok && (scheme == "https" || scheme == "http") && strings.EqualFold(host, r.Host)
	return self, own && c.origins[self]
}

// allowed lets listed origins through and answers their preflights.
func (c *Connector) allowed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if _, ok := c.origin(r); !ok {
			c.fail(w, r, errOrigin)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "Retry-After, Content-Disposition")
		}
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
