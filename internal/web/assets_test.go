package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEveryAssetIsServedUnderItsHashPlainAndGzipped(t *testing.T) {
	s := newTestShell(t, nil)
	for name, url := range s.assets.urls {
		plain := get(t, s.Static(), url)
		body, err := io.ReadAll(plain.Body)
		check(t, err)
		want, err := staticFiles.ReadFile("static/" + name)
		check(t, err)
		if plain.StatusCode != http.StatusOK || string(body) != string(want) {
			t.Errorf("%s: %d and %d octets, want %d", url, plain.StatusCode, len(body), len(want))
		}
		if !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s may not be kept: %q", url, plain.Header.Get("Cache-Control"))
		}
		zipped := get(t, s.Static(), url, "Accept-Encoding", "br, gzip;q=0.8")
		if zipped.Header.Get("Content-Encoding") != "gzip" {
			if len(want) > 1000 {
				t.Errorf("%s is not sent gzipped", url)
			}
			continue
		}
		z, err := gzip.NewReader(zipped.Body)
		check(t, err)
		if body, err = io.ReadAll(z); err != nil || string(body) != string(want) {
			t.Errorf("%s gzipped: %d octets, %v", url, len(body), err)
		}
		if zipped.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: both representations have the ETag %s", url, plain.Header.Get("ETag"))
		}
	}
}

func TestAnAssetHasItsContentType(t *testing.T) {
	s := newTestShell(t, nil)
	for name, want := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
		"vendor/htmx.LICENSE.txt": "text/plain; charset=utf-8",
	} {
		url, err := s.assets.url(name)
		check(t, err)
		if got := get(t, s.Static(), url).Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}

func TestAKnownETagIsAnsweredWithoutABody(t *testing.T) {
	s := newTestShell(t, nil)
	url := s.assets.urls["app.css"]
	etag := get(t, s.Static(), url).Header.Get("ETag")
	for _, header := range []string{etag, `"x", W/` + etag, "*"} {
		if got := get(t, s.Static(), url, "If-None-Match", header); got.StatusCode != http.StatusNotModified {
			t.Errorf("If-None-Match %s: %d", header, got.StatusCode)
		}
	}
	if got := get(t, s.Static(), url, "If-None-Match", etag, "Accept-Encoding", "gzip"); got.StatusCode != http.StatusOK {
		t.Errorf("the plain file's ETag for the gzipped one: %d, want 200", got.StatusCode)
	}
}

func TestNothingElseIsServedBelowStatic(t *testing.T) {
	s := newTestShell(t, nil)
	url := s.assets.urls["app.css"]
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/../assets.go", "/static/%2e%2e/assets.go", "/static/vendor/", "/static/app.0000000000000000.css",
		url + "/", strings.Replace(url, "app", "vendor/../app", 1), strings.ToUpper(url),
	} {
		if got := get(t, s.Static(), path); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.StatusCode)
		}
	}
}

func TestAssetsOfUnknownKindAreFoundAtStart(t *testing.T) {
	if _, err := newAssets(fstest.MapFS{"a.exe": &fstest.MapFile{}}); err == nil {
		t.Error("no error")
	}
}

func TestGzipIsTakenOnlyWhereItIsOffered(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "deflate, gzip;q=1.0": true, "gzip;q=0": false, "gzip; q=0.000": false, "br": false, "x-gzip": false, "gzip;q=x": false,
	} {
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := takesGzip(r); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// What a browser needs before it paints: the page, the stylesheet and the scripts in the head. 100 KB is the most.
func TestAPageIsSmall(t *testing.T) {
	s := newTestShell(t, nil)
	sum := 0
	for _, name := range []string{"app.css", "app.js", "stream.js", "chart.js", "icon.svg", "vendor/htmx.min.js", "vendor/uplot.min.js", "vendor/uplot.min.css"} {
		sum += len(s.assets.files[s.assets.urls[name]].zipped)
	}
	page := get(t, galleryHandler(s), "/", "Accept-Encoding", "gzip")
	body, err := io.ReadAll(page.Body)
	check(t, err)
	if sum += len(body); sum > 100_000 {
		t.Errorf("%d octets to first paint", sum)
	}
	if css := len(s.assets.files[s.assets.urls["app.css"]].plain); css > 24<<10 {
		t.Errorf("the stylesheet has %d octets", css)
	}
}
