package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// contentTypes are those of the files under static; a file of another kind is a mistake and found at start.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// asset is one file as it is served.
type asset struct {
	contentType string
	etag        string
	plain       []byte
	zipped      []byte // nil where it is not smaller
}

// assets are the stylesheet, scripts and images. A URL carries a hash of the content, so a browser may keep what it got
// for ever and asks for a new version by a new name. A URL is looked up as it is in a map: no file name is ever made of it.
type assets struct {
	urls  map[string]string // name below static -> URL
	files map[string]*asset // URL -> file
}

// ownAssets are those of the program.
var ownAssets = sync.OnceValues(func() (*assets, error) {
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	return newAssets(static)
})

func newAssets(files fs.FS) (*assets, error) {
	a := &assets{urls: map[string]string{}, files: map[string]*asset{}}
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return a.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	return a, nil
}

func (a *assets) add(name string, content []byte) error {
	ext := path.Ext(name)
	contentType, ok := contentTypes[ext]
	if !ok {
		return fmt.Errorf("%s: no content type for %q", name, ext)
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:8])
	url := "/static/" + strings.TrimSuffix(name, ext) + "." + hash + ext
	zipped, err := zip(content, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(zipped) >= len(content) {
		zipped = nil
	}
	a.urls[name] = url
	a.files[url] = &asset{contentType: contentType, etag: hash, plain: content, zipped: zipped}
	return nil
}

// url returns the URL of a file below static. A template that names a file that isn't there fails.
func (a *assets) url(name string) (string, error) {
	url, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return url, nil
}

// ServeHTTP answers GET and HEAD below /static/.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.URL.Path]
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body, etag := file.plain, `"`+file.etag+`"`
	if file.zipped != nil && takesGzip(r) {
		// Another representation has another strong validator (RFC 9110 8.8.3.3).
		body, etag = file.zipped, `"`+file.etag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// matches applies If-None-Match, which compares weakly (RFC 9110 13.1.2).
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// takesGzip reads Accept-Encoding: gzip by its name, unless its weight is 0 (RFC 9110 12.5.3).
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return !ok || err == nil && q > 0
	}
	return false
}

func zip(content []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
