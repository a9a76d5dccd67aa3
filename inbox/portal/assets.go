package portal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed static
var static embed.FS

// assets are the portal's style sheet, script and mark. Their addresses carry a
// hash of their content, so browsers keep them for ever and a new version is a
// new address.
type assets map[string]asset // by file name: "portal.css"

type asset struct {
	content []byte
	hash    string
	mime    string
}

var cssComment = regexp.MustCompile(`(?s)/\*.*?\*/\s*`)

func (p *Portal) loadAssets() error {
	p.assets = assets{}
	files, err := fs.ReadDir(static, "static")
	if err != nil {
		return fmt.Errorf("portal: read static files: %w", err)
	}
	for _, file := range files {
		content, err := static.ReadFile("static/" + file.Name())
		if err != nil {
			return fmt.Errorf("portal: read static files: %w", err)
		}
		if file.Name() == "portal.css" { // which every page has
			content = bytes.Join([][]byte{p.cfg.Styles, content}, []byte("\n"))
		}
		if path.Ext(file.Name()) == ".css" {
			content = cssComment.ReplaceAll(content, nil)
		}
		sum := sha256.Sum256(content)
		p.assets[file.Name()] = asset{
			content: content,
			hash:    hex.EncodeToString(sum[:6]),
			mime:    mime.TypeByExtension(path.Ext(file.Name())),
		}
	}
	return nil
}

// address of a file: "/portal/portal.0123456789ab.css".
func (a assets) address(name string) (string, error) {
	found, ok := a[name]
	if !ok {
		return "", fmt.Errorf("portal: no static file %q", name)
	}
	ext := path.Ext(name)
	return "/portal/" + strings.TrimSuffix(name, ext) + "." + found.hash + ext, nil
}

// asset serves a static file. While two versions of the program run side by
// side, the page of one may ask the other for its files: that gets the nearest
// thing, its own version, and no browser keeps it.
func (p *Portal) asset(c echo.Context) error {
	parts := strings.Split(c.Param("file"), ".")
	if len(parts) != 3 {
		return p.NotFound(c)
	}
	found, ok := p.assets[parts[0]+"."+parts[2]]
	if !ok {
		return p.NotFound(c)
	}
	caching := "public, max-age=31536000, immutable"
	if parts[1] != found.hash {
		caching = "no-store"
	}
	c.Response().Header().Set(echo.HeaderCacheControl, caching)
	return c.Blob(http.StatusOK, found.mime, found.content)
}
